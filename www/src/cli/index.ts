/** `npx inkling index` */
import path from 'node:path'
import type { BuildProgress, BuildSettings, BuiltIndex } from '../types.js'
import { planBuild } from '../worker/plan.js'
import { readFile, readModel, writeFiles } from './folder.js'
import { read, type Usage, WrongUsage } from './usage.js'
import { loadNodeBuild } from './wasm.js'

const FORMATS = ['json', 'jsonl', 'csv', 'xml', 'ics'] as const

const USAGE: Usage = {
  command: 'index',
  positional: 'CORPUS',
  about: `Build the folder that a site serves from a file of documents

CORPUS is a JSON array, JSON Lines, CSV, a conference's schedule XML (frab, Pentabarf, pretalx) or a calendar (.ics). A
record's id, title, url and text (abstract, description, text, body, content) are found by their usual names. All other
columns or keys are kept as fields that hits show and filters use.`,
  options: {
    model: {
      type: 'string',
      value: 'DIR',
      help: 'Folder of a quantized model, or its address on a site. Default: model',
    },
    out: { type: 'string', value: 'DIR', help: 'Folder to write the index to. Default: search' },
    format: {
      type: 'string',
      value: 'FORMAT',
      help: 'json, jsonl, csv, xml or ics; guessed from the name when not given',
    },
    fields: {
      type: 'string',
      value: 'NAMES',
      help: 'Other columns or keys to keep, separated by commas; all when not given',
    },
    'passage-tokens': { type: 'string', value: 'N', help: 'Most tokens of a passage, title included. Default: 200' },
    overlap: { type: 'string', value: 'N', help: 'Tokens that a passage shares with the one before it. Default: 40' },
    language: {
      type: 'string',
      value: 'CODE',
      help: 'Language of the words: en, de, …; none for no word forms; guessed when not given',
    },
    json: { type: 'boolean', help: 'Print the figures as one line of JSON' },
  },
}

/** Runs the command. */
export async function indexCommand(args: string[]): Promise<void> {
  const given = read(USAGE, args)
  if (!given) return
  const { argument: corpus, options } = given
  const format = options.text('format')
  if (format !== undefined && !FORMATS.some((known) => known === format))
    throw new WrongUsage(`--format is ${format}: give ${FORMATS.join(', ')}`)
  const settings: BuildSettings = Object.fromEntries(
    Object.entries({
      format,
      fields: options.text('fields')?.split(','),
      language: options.text('language'),
      passageTokens: options.number('passage-tokens', 16),
      overlap: options.number('overlap', 0),
    }).filter(([, value]) => value !== undefined),
  )
  const [model, out] = [options.text('model') ?? 'model', options.text('out') ?? 'search']
  const source = { bytes: readFile(corpus), name: path.basename(corpus) }
  const isAddress = /^https?:\/\//.test(model)
  const load = isAddress ? {} : { files: readModel(model) }
  const onProgress = progress()
  const builder = await planBuild(await loadNodeBuild(), source, settings, isAddress ? model : '', load, onProgress)
  const texts = builder.texts()
  const vectors: Float32Array[] = []
  for (const text of texts) {
    vectors.push(await builder.encode(text))
    onProgress({ stage: 'encode', done: vectors.length, total: texts.length })
  }
  const built = await builder.finish(vectors)
  writeFiles(out, built.files)
  report(built, out, options.flag('json'))
}

/** A line on stderr that counts, if that is a terminal. */
function progress(): (progress: BuildProgress) => void {
  if (!process.stderr.isTTY) return () => {}
  const start = { encode: 0 }
  return ({ stage, done, total }) => {
    if (stage === 'encode') {
      start.encode ||= performance.now()
      const left = Math.round((((performance.now() - start.encode) / done) * (total - done)) / 1000)
      process.stderr.write(
        `\r\x1b[Kencoding ${done}/${total} passages, ${left} s left${done === total ? '\r\x1b[K' : ''}`,
      )
    } else if (stage === 'model') {
      process.stderr.write(`\r\x1b[Kloading the model, ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`)
    }
  }
}

function report({ files, documents, passages }: BuiltIndex, out: string, json: boolean): void {
  const bytes = (ofModel: boolean) =>
    files.filter((file) => file.path.startsWith('model/') === ofModel).reduce((sum, file) => sum + file.bytes.length, 0)
  const [index, model] = [bytes(false), bytes(true)]
  const figures = { documents, passages, index_bytes: index, model_bytes: model, out }
  const text = `${documents} documents, ${passages} passages: index ${(index / 1e3).toFixed(0)} KB, model ${(model / 1e6).toFixed(1)} MB, in ${out}`
  process.stdout.write(`${json ? JSON.stringify(figures) : text}\n`)
}
