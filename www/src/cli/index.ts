/** `npx inkling-search-search index` */
import path from 'node:path'
import type { BuildProgress, BuildSettings, BuiltIndex } from '../types.js'
import { planBuild } from '../worker/plan.js'
import { readFile, readModel, writeFiles } from './folder.js'
import { findModel } from './native.js'
import { read, type Usage, WrongUsage } from './usage.js'
import { loadNodeBuild } from './wasm.js'

const FORMATS = ['json', 'jsonl', 'csv', 'xml', 'ics'] as const

const USAGE: Usage = {
  command: 'index',
  positional: 'CORPUS',
  about: `Build the folder that a site serves from a file of documents

CORPUS is JSON, JSON Lines, CSV as spreadsheets write it, XML (a conference's schedule, xCal, RSS, Atom or others) or a
calendar (.ics). A record's id, title, url, text and people are found by their usual names; --title and so on are for all
others. All other columns or keys are kept as fields that hits show and filters use, but for e-mail addresses and telephone
numbers. One bad record costs one record; what was left out or assumed is said on stderr.`,
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
    title: { type: 'string', value: 'NAME', help: 'The column or key of the title' },
    text: { type: 'string', value: 'NAME', multiple: true, help: 'The column or key of the text; may be repeated' },
    url: { type: 'string', value: 'NAME', help: 'The column or key of the address' },
    id: { type: 'string', value: 'NAME', help: 'The column or key of the id' },
    people: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'A column or key of people, which becomes the field speakers; may be repeated',
    },
    field: {
      type: 'string',
      value: 'NEW=OLD',
      multiple: true,
      help: 'Keep a column or key as a field of another name; may be repeated',
    },
    records: {
      type: 'string',
      value: 'PATH',
      help: 'Where the records are in JSON or XML: data.sessions, results[].contributions',
    },
    base: {
      type: 'string',
      value: 'URL',
      help: 'The folder in which relative addresses begin: https://example.org/docs/ or /docs/',
    },
    cancelled: { type: 'boolean', help: 'Also take records that are rejected, withdrawn or cancelled' },
    strict: { type: 'boolean', help: 'Refuse a file in which a record is at fault, instead of saying so' },
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
      title: options.text('title'),
      text: options.texts('text'),
      url: options.text('url'),
      id: options.text('id'),
      people: options.texts('people'),
      rename: renamed(options.texts('field')),
      records: options.text('records'),
      base: options.text('base'),
      cancelled: options.flag('cancelled'),
      strict: options.flag('strict'),
      language: options.text('language'),
      passageTokens: options.number('passage-tokens', 16),
      overlap: options.number('overlap', 0),
    }).filter(([, value]) => value !== undefined),
  )
  const [model, out] = [options.text('model') ?? findModel() ?? 'model', options.text('out') ?? 'search']
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
  for (const { message } of built.notes) process.stderr.write(`note: ${message}\n`)
  writeFiles(out, built.files)
  report(built, out, options.flag('json'))
}

/** New names of fields, from `NEW=OLD`. */
function renamed(pairs: readonly string[]): Record<string, string> {
  const split = pairs.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw new WrongUsage(`--field is ${pair}: give NEW=OLD`)
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  return Object.fromEntries(split)
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

function report({ files, documents, passages, fields, notes }: BuiltIndex, out: string, json: boolean): void {
  const bytes = (ofModel: boolean) =>
    files.filter((file) => file.path.startsWith('model/') === ofModel).reduce((sum, file) => sum + file.bytes.length, 0)
  const [index, model] = [bytes(false), bytes(true)]
  const meaning = notes.every(({ code }) => code !== 'unknown-language')
  const figures = { documents, passages, index_bytes: index, model_bytes: model, meaning, out, fields, notes }
  const text = `${documents} documents, ${passages} passages: index ${(index / 1e3).toFixed(0)} KB, model ${(model / 1e6).toFixed(1)} MB, in ${out}`
  const named = fields.length > 0 ? `\nfields: ${fields.join(', ')}` : ''
  process.stdout.write(`${json ? JSON.stringify(figures) : text + named}\n`)
}
