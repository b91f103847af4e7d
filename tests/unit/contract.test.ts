/** What Rust and TypeScript both know, and neither can take from the other: `tests/native/contract.rs` writes down what Rust knows. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import test from 'node:test'
import type { InklingErrorCode } from '../../www/src/errors.js'
import { filterKey, type RemoteHit, RemoteSearch } from '../../www/src/remote/remote.js'
import type { Mode } from '../../www/src/types.js'
import { needsLanguages } from '../../www/src/worker/module-names.js'
import { filesOf, type IndexFile, listedIn, NAMES, wholeBody } from '../../www/src/worker/stored.js'

/** The golden, as far as its parts are read by name. */
interface Contract {
  errors: string[]
  languages: { everywhere: string[]; apart: string[] }
  modes: string[]
  limit: number
  names: Record<string, string>
  manifest: { files: IndexFile[] }
  many: {
    manifest: unknown
    files: IndexFile[]
    list: { runs: object[] }
    clusters: IndexFile[]
    'cluster 1234': string
  }
  paths: { good: string[]; bad: string[] }
  filters: { field: string; value: string; key: string }[]
  meaning: { cosines: number[]; scores: number[]; shown: number }[]
  close: { documents: number; cosine: number; close: boolean }[]
}

const rust = JSON.parse(fs.readFileSync('tests/data/goldens/contract.json', 'utf8')) as Contract

/** The names of a type: the compiler wants all of them and no other. */
const namesOf = <Name extends string>(names: Record<Name, true>) => Object.keys(names).sort()

test('every code of an error in Rust is one of the package, which adds only those of browsers', () => {
  const codes = namesOf<InklingErrorCode>({
    'invalid-input': true,
    'not-found': true,
    io: true,
    network: true,
    unauthorized: true,
    'hash-mismatch': true,
    'damaged-file': true,
    'unsupported-format': true,
    'unsupported-model': true,
    'missing-tensor': true,
    'wrong-shape': true,
    'model-mismatch': true,
    'unsupported-tokenizer': true,
    'duplicate-id': true,
    'missing-column': true,
    'empty-corpus': true,
    'faulty-records': true,
    'no-gpu': true,
    'out-of-memory': true,
    replaced: true,
    cancelled: true,
    'unsupported-browser': true,
    blocked: true,
    internal: true,
  })
  assert.deepEqual(codes, [...rust.errors, 'unsupported-browser', 'blocked'].sort())
})

test('the module for other languages is kept for a site whose index is in one of them', () => {
  const needs = (languages: string[]) => languages.map((language) => needsLanguages({ ...rust.manifest, language }))
  assert.deepEqual(new Set(needs(rust.languages.apart)), new Set([true]))
  assert.deepEqual(new Set(needs(rust.languages.everywhere)), new Set([false]))
  assert.equal(needsLanguages(rust.manifest), false)
})

test('what may rank documents has the same names', () => {
  assert.deepEqual(namesOf<Mode>({ hybrid: true, semantic: true, lexical: true }), rust.modes.sort())
})

test('files of an index have the same names, and are needed for the same things', () => {
  assert.deepEqual(NAMES, rust.names)
  const needs = {
    model: true,
    rows: true,
    documents: true,
    meaning: true,
    vectors: true,
    index: true,
    words: true,
    hit: true,
  } as const
  const files = filesOf(rust.manifest)
  assert.deepEqual(files?.map(({ needed }) => needed).sort(), namesOf<IndexFile['needed']>(needs))
  const [{ path, bytes, sha256 } = { path: '', bytes: 0, sha256: '' }] = files ?? []
  assert.deepEqual([path, bytes, sha256.length], ['model', 3, 64])
})

test('files that are many are read from manifests and lists as they were', () => {
  const { manifest, files, list, clusters } = rust.many
  const read = (files: readonly IndexFile[] | undefined) =>
    files?.map(({ path, bytes, sha256, needed }) => ({ path, bytes, sha256, needed }))
  assert.deepEqual(filesOf(manifest), read(files))
  assert.deepEqual(listedIn(list), read(clusters))
  const runs = [{ ...list.runs[0], bytes: Array(1235).fill(1), sha256: '0'.repeat(1235 * 32) }]
  assert.equal(listedIn({ runs }).at(-1)?.path, rust.many['cluster 1234'])
  assert.deepEqual(listedIn({ runs: [{ ...runs[0], path: '../*.bin' }] }), [])
})

test('half of a hash will do, and no less of it', async () => {
  const of = (sha256: string) => wholeBody(new Response('abc'), sha256)
  const hash = createHash('sha256').update('abc').digest('hex')
  for (const whole of [hash, hash.slice(0, 32)]) assert.equal((await of(whole))?.byteLength, 3)
  for (const other of ['', hash.slice(0, 31), hash.slice(0, 33), hash.slice(32)])
    assert.equal(await of(other), undefined)
})

test('a manifest may name the same paths, and no other', () => {
  const named = (path: string) => filesOf({ ...rust.manifest, files: [{ ...rust.manifest.files[0], path }] })
  assert.ok(rust.paths.good.length > 5 && rust.paths.bad.length > 10)
  for (const path of rust.paths.good) assert.equal(named(path)?.[0]?.path, path)
  for (const path of rust.paths.bad) assert.equal(named(path), undefined, path)
  for (const other of [null, 1, [], {}, { files: [] }, { name: 'An app', icons: [] }])
    assert.equal(filesOf(other), undefined)
})

test('an engine elsewhere is asked for the values of fields by the keys that were exported', () => {
  for (const { field, value, key } of rust.filters) assert.equal(filterKey(field, value), key)
})

test('an engine elsewhere is scored as an index here scores by meaning alone, and as many hits are shown', async () => {
  for (const { cosines, scores, shown } of rust.meaning) {
    const search = searchOf(cosines)
    const { hits } = await search.query('a question', { limit: cosines.length })
    assert.equal(hits.length, shown)
    for (const [at, { score }] of hits.entries()) assert.ok(Math.abs(score - (scores[at] as number)) < 1e-6)
    assert.equal((await search.query('a question')).hits.length, rust.limit)
  }
})

test('whether the best of so many documents elsewhere is close is decided as for an index here', async () => {
  for (const { documents, cosine, close } of rust.close)
    assert.equal((await searchOf([cosine], documents).query('a question')).hits.length, Number(close))
})

/** A search in an engine that finds documents of these cosines. */
function searchOf(cosines: number[], documents?: number): RemoteSearch {
  const found = cosines.map(
    (cosine, at): RemoteHit => ({
      id: String(at),
      cosine,
      title: '',
      fields: {},
      passage: { text: '', start: 0, end: 0 },
    }),
  )
  const info = {
    model: 'm',
    dim: 2,
    maxTokens: 8,
    kernel: '',
    bulk: 'cpu',
    backend: 'cpu',
    adapter: null,
    why: '',
  } as const
  const encoder = { info, encode: async () => [new Float32Array([1, 0])], dispose() {} }
  return new RemoteSearch(encoder, { search: async () => found }, documents)
}
