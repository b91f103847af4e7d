/** PostgreSQL with pgvector, the real ones, filled by `inkling export` and asked through the adapter. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { vector as extension } from '@electric-sql/pglite-pgvector'
import { pgvector } from '../../www/src/remote/pgvector.js'
import { RemoteSearch } from '../../www/src/remote/remote.js'
import {
  assertNearest,
  bestOfDocuments,
  encode,
  encoder,
  exportTo,
  hostile,
  hostileTitle,
  makeIndex,
  nearest,
  type Row,
  rowsOf,
  withoutNul,
} from './exported.js'

const table = `It's my "table"`
const quoted = `"It's my ""table"""`
const folder = makeIndex()
const rows = rowsOf(folder)
const sql = fs.readFileSync(exportTo(folder, 'pgvector', 'passages.sql', table), 'utf8')
const database = await PGlite.create({ extensions: { vector: extension } })
await database.exec(sql)
test.after(() => database.close())

const query = async (statement: string, parameters: (string | number)[]) =>
  (await database.query<Record<string, unknown>>(statement, parameters)).rows
const remote = pgvector({ query, table })
const queries = ['health data', 'how do I keep my best people', 'roses in a garden', hostileTitle, 'x']
const vectors = encode(folder, queries)

test('every passage is in the table, whatever its text', async () => {
  const stored = new Map((await query(`SELECT * FROM ${quoted}`, [])).map((row) => [row.id, row]))
  assert.ok(rows.length > 200)
  assert.equal(stored.size, rows.length)
  for (const { vector, ...expected } of rows) {
    const { filters, embedding, ...columns } = stored.get(expected.id)!
    const clean = (_: string, value: unknown) => (typeof value === 'string' ? withoutNul(value) : value)
    assert.deepEqual(columns, JSON.parse(JSON.stringify(expected), clean))
    assert.deepEqual(Float32Array.from(JSON.parse(embedding as string)), vector)
    assert.ok(Array.isArray(filters))
  }
})

test('hits come in the order of a brute-force dot product', async () => {
  for (const vector of vectors) {
    for (const limit of [1, 7, 2 * rows.length])
      assertNearest(await remote.search(vector, { limit }), nearest(rows, vector), limit)
  }
})

test('a hit has the fields of its document and the url only where there is one', async () => {
  const [vector] = vectors as [Float32Array]
  const hits = await remote.search(vector, { limit: rows.length })
  const odd = hits.find((hit) => hit.id === "it's")!
  assert.equal(odd.url, "https://example.org/?a='b'")
  assert.equal(odd.title, withoutNul(hostileTitle))
  assert.deepEqual(odd.fields, { [`a=b'"\\`]: withoutNul(hostile), day: 'Monday' })
  const even = hits.find((hit) => hit.id === 'talk-0')!
  assert.ok(!('url' in even))
  assert.deepEqual(even.fields, { day: 'Monday', speakers: ['Ada', 'Bo'], year: 2020 })
})

test('filters let only the right documents through, and all of them', async () => {
  const day = (row: Row) => row.fields.day as string
  const speakers = (row: Row) => (row.fields.speakers ?? []) as string[]
  const cases: [Record<string, string[]>, (row: Row) => boolean][] = [
    [{ day: ['Monday'] }, (row) => day(row) === 'Monday'],
    [
      { day: ['Monday', 'Tuesday'], speakers: ['Bo'] },
      (row) => day(row) !== 'Wednesday' && speakers(row).includes('Bo'),
    ],
    [{ year: ['2022'] }, (row) => row.fields.year === 2022],
    [{ [`a=b'"\\`]: [hostile] }, (row) => row.document_id === "it's"],
    [{ day: [] }, () => false],
    [{ a: [`b'"\\=${hostile}`] }, () => false],
    [{ day: [`Monday']) OR true --`] }, () => false],
  ]
  for (const [filters, passes] of cases) {
    for (const vector of vectors.slice(0, 2)) {
      assertNearest(
        await remote.search(vector, { limit: rows.length, filters }),
        nearest(rows, vector, passes),
        rows.length,
      )
    }
  }
})

test('a search finds each document once, by the best of its passages', async () => {
  const search = new RemoteSearch(encoder(folder), remote)
  const all = nearest(rows, vectors[1]!)
  for (const limit of [3, 40, 1000]) {
    const { hits, mode, timings } = await search.query(queries[1]!, { limit, minScore: 0 })
    assertNearest(hits, bestOfDocuments(all), limit, all)
    assert.equal(new Set(hits.map((hit) => hit.id)).size, hits.length)
    assert.equal(mode, 'semantic')
    const none = { words: 0, tokenize: 0, rank: 0, documents: 0 }
    assert.deepEqual(timings, { ...timings, ...none })
    assert.ok(Object.values(timings).every(Number.isFinite))
  }
  const filtered = await search.query(queries[1]!, { limit: 5, filters: { speakers: ['Cy'] } })
  assert.equal(filtered.hits.length, 5)
  assert.ok(filtered.hits.every((hit) => (hit.fields.speakers as string[])[0] === 'Cy'))
})

test('a vector of another length is refused with what the database says', async () => {
  const search = new RemoteSearch({ ...encoder(folder), encode: async () => [Float32Array.of(1, 0)] }, remote)
  await assert.rejects(search.query('x'), { code: 'network', message: /different vector dimensions 32 and 2/ })
})

test('loading an export again leaves the table as it is', async () => {
  await assert.rejects(database.exec(sql), /already exists/)
  await database.exec('ROLLBACK')
  const [{ count }] = (await query(`SELECT count(*)::integer AS count FROM ${quoted}`, [])) as [{ count: number }]
  assert.equal(count, rows.length)
})

test('the index that the export proposes can be made and used', async () => {
  const proposed = /^-- (CREATE INDEX .* USING hnsw .*;)$/m.exec(sql)?.[1]
  assert.ok(proposed)
  await database.exec(`${proposed} SET enable_seqscan = off; SET hnsw.iterative_scan = strict_order;`)
  const statement = `EXPLAIN SELECT id FROM ${quoted} ORDER BY embedding <#> $1::vector LIMIT 5`
  assert.match(JSON.stringify(await query(statement, [`[${vectors[0]!.join(',')}]`])), /Index Scan using .*embedding/)
  for (const vector of vectors) {
    const hits = await remote.search(vector, { limit: 10 })
    const [best] = nearest(rows, vector)
    assert.equal(hits.length, 10)
    assert.ok(hits.every((hit, at) => at === 0 || hit.cosine <= hits[at - 1]!.cosine + 1e-6))
    assert.ok(Math.abs(hits[0]!.cosine - best!.cosine) < 1e-5)
  }
})

test('a table without a name or a query that is no function is refused', () => {
  assert.throws(() => pgvector({ query, table: '' }), { code: 'invalid-input' })
  assert.throws(() => pgvector({ query: undefined as never }), { code: 'invalid-input' })
})
