/** A small index, built and exported by the real command line with the tiny model, and its brute-force truth. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { similarity } from '../../www/src/similarity.js'

// Tests run in the root of the repository.
const cli = path.resolve('target/release/inkling')
const model = path.resolve('tests/data/tiny-quantized')

/** Text that no quoting may be confused by. */
export const hostile = `It's "quoted" \\'; DROP TABLE passages; --\nnext\0 $1 $$ 😀 日本 {}[] \\u0000';`
/** The same as a title: of one line. */
export const hostileTitle = hostile.replaceAll('\n', ' ')

/** A row of `passages.jsonl`. */
export interface Row {
  id: string
  document_id: string
  passage: number
  title: string
  url: string | null
  text: string
  start: number
  end: number
  fields: Record<string, unknown>
  vector: Float32Array
}

const words = [
  'health',
  'data',
  'people',
  'team',
  'doctor',
  'patients',
  'sports',
  'trainer',
  'model',
  'garden',
  'roses',
  'city',
]

function documents() {
  const some = Array.from({ length: 120 }, (_, number) => ({
    id: `talk-${number}`,
    title: `${words[number % 12]} and ${words[(number * 7 + 1) % 12]}`,
    text: Array.from({ length: 3 + ((number * 13) % 90) }, (_, at) => words[(at * at + number) % 12]).join(' '),
    day: ['Monday', 'Tuesday', 'Wednesday'][number % 3],
    speakers: number % 2 === 0 ? ['Ada', 'Bo'] : ['Cy'],
    year: 2020 + (number % 5),
  }))
  return [
    {
      id: "it's",
      title: hostile,
      text: hostile,
      url: "https://example.org/?a='b'",
      [`a=b'"\\`]: hostile,
      day: 'Monday',
    },
    ...some,
  ]
}

/** Runs the command line in a folder. */
function inkling(folder: string, args: string[], input = ''): Buffer {
  assert.ok(fs.existsSync(cli), 'the command line is not built: npm test -- --only export does it')
  return execFileSync(cli, args, { cwd: folder, input, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Builds the index in a fresh folder and gives that. */
export function makeIndex(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-export-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  fs.writeFileSync(path.join(folder, 'talks.json'), JSON.stringify(documents()))
  inkling(folder, [
    'index',
    'talks.json',
    '--model',
    model,
    '--out',
    'search',
    '--passage-tokens',
    '40',
    '--overlap',
    '8',
  ])
  return folder
}

/** Exports the index to `out` within its folder, for a table or collection of some name, and gives the path. */
export function exportTo(folder: string, target: string, out: string, name = 'passages'): string {
  inkling(folder, ['export', 'search', '--to', target, '--out', out, '--name', name])
  return path.join(folder, out)
}

/** The numbers of an `.npy` file, row by row. */
function npyRows(bytes: Buffer, dim: number): Float32Array[] {
  const numbers = bytes.subarray(10 + bytes.readUInt16LE(8))
  const at = (row: number, column: number) => numbers.readFloatLE((row * dim + column) * 4)
  return Array.from({ length: numbers.length / dim / 4 }, (_, row) =>
    Float32Array.from({ length: dim }, (_, column) => at(row, column)),
  )
}

/** All rows of the index. */
export function rowsOf(folder: string): Row[] {
  const npy = exportTo(folder, 'npy', 'npy')
  const vectors = npyRows(fs.readFileSync(path.join(npy, 'vectors.npy')), 32)
  const lines = fs.readFileSync(path.join(npy, 'passages.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map((line, at) => ({ ...JSON.parse(line), vector: vectors[at] }))
}

/** The vectors of texts, by the tiny model itself. */
export function encode(folder: string, texts: readonly string[]): Float32Array[] {
  return npyRows(inkling(folder, ['encode', '--model', model, '--format', 'npy'], texts.join('\n')), 32)
}

/** The tiny model as a search takes it: node has no workers of the web, so the command line stands in for ours. */
export function encoder(folder: string) {
  const info = {
    model: 'tiny-model',
    dim: 32,
    maxTokens: 48,
    backend: 'cpu' as const,
    bulk: 'cpu' as const,
    adapter: null,
    why: 'asked for',
    kernel: 'native',
  }
  return { info, encode: async (texts: readonly string[]) => encode(folder, texts), dispose() {} }
}

/** The rows that pass, nearest first, with their cosines. */
export function nearest(rows: Row[], vector: Float32Array, passes: (row: Row) => boolean = () => true) {
  const scored = rows.filter(passes).map((row) => ({ row, cosine: similarity.dot(row.vector, vector) }))
  return scored.sort((a, b) => b.cosine - a.cosine)
}

/** Checks that hits are the first `limit` of those given. Of equal passages any may come, as each engine likes it. */
export function assertNearest(
  hits: readonly { id: string; cosine: number; passage: { text: string; start: number } }[],
  best: ReturnType<typeof nearest>,
  limit: number,
  all = best,
) {
  assert.equal(hits.length, Math.min(limit, best.length))
  const seen = new Set<string>()
  hits.forEach((hit, at) => {
    const expected = best[at]!.cosine
    assert.ok(Math.abs(hit.cosine - expected) < 1e-5, `hit ${at} has the cosine ${hit.cosine}, not ${expected}`)
    const own = all.find(({ row }) => row.document_id === hit.id && row.start === hit.passage.start)
    assert.ok(own && Math.abs(hit.cosine - own.cosine) < 1e-5, `hit ${at} has not its own cosine`)
    assert.equal(withoutNul(hit.passage.text), withoutNul(own.row.text))
    seen.add(own.row.id)
  })
  assert.equal(seen.size, hits.length)
}

/** A text as PostgreSQL can hold it. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}

/** The best passage of each document, nearest first. */
export function bestOfDocuments(all: ReturnType<typeof nearest>): ReturnType<typeof nearest> {
  const seen = new Set<string>()
  return all.filter(({ row }) => !seen.has(row.document_id) && seen.add(row.document_id))
}
