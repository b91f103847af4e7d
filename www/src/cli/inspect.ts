/** `npx inkling-search-search inspect` */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { InklingError } from '../errors.js'
import { readFile, readIndex, readManifest, readModel } from './folder.js'
import { read, type Usage } from './usage.js'
import { loadNodeIndex } from './wasm.js'

const USAGE: Usage = {
  command: 'inspect',
  positional: 'PATH',
  about: 'Say what an index or a model holds, and whether its files are whole',
  options: { json: { type: 'boolean', help: 'Print one line of JSON' } },
}

/** Runs the command. */
export async function inspectCommand(args: string[]): Promise<void> {
  const given = read(USAGE, args)
  if (!given) return
  const { argument: folder, options } = given
  const holds = (name: string) => fs.existsSync(path.join(folder, name))
  if (!holds('manifest.json') && !holds('config.json')) {
    throw new InklingError('not-found', `${folder} is neither an index (no manifest.json) nor a model (no config.json)`)
  }
  const report = holds('manifest.json') ? await index(folder) : model(folder)
  process.stdout.write(options.flag('json') ? `${JSON.stringify(report)}\n` : `${lines(report).join('\n')}\n`)
}

async function index(folder: string): Promise<object> {
  const manifest = readManifest(folder)
  for (const file of manifest.files) verify(path.join(folder, file.path), file.sha256)
  const { Search } = await loadNodeIndex()
  const search = await Search.load('', { files: readIndex(folder, false) }, () => {})
  return { kind: 'index', dim: (await search.info()).dim, all_files_whole: true, manifest }
}

function model(folder: string): object {
  const config = JSON.parse(new TextDecoder().decode(readModel(folder).get('config.json'))) as Record<
    string,
    { sha256?: string }
  >
  for (const [key, name] of [
    ['tokenizer', 'tokenizer.json'],
    ['weights', 'weights.safetensors'],
  ] as const) {
    verify(path.join(folder, name), config[key]?.sha256)
  }
  return { kind: 'model', all_files_whole: true, config }
}

function verify(file: string, sha256: string | undefined): void {
  if (createHash('sha256').update(readFile(file)).digest('hex') === sha256) return
  throw new InklingError('hash-mismatch', `${file} is not the file that was written: make the folder again`)
}

/** The report as indented `name: value` lines, rows of tables on one line each. */
function lines(report: object, margin = ''): string[] {
  return Object.entries(report).flatMap(([name, value]: [string, unknown]) => {
    if (Array.isArray(value))
      return [`${margin}${name}:`, ...value.map((row) => `${margin}  ${Object.values(row as object).join('  ')}`)]
    if (typeof value === 'object' && value !== null) return [`${margin}${name}:`, ...lines(value, `${margin}  `)]
    return [`${margin}${name}: ${String(value)}`]
  })
}
