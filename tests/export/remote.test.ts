/** The Qdrant adapter and the search over it, against a server that takes and answers what Qdrant's reference says. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { qdrant } from '../../www/src/remote/qdrant.js'
import {
  createRemoteSearch,
  filterKey,
  type Remote,
  type RemoteHit,
  RemoteSearch,
} from '../../www/src/remote/remote.js'
import { similarity } from '../../www/src/similarity.js'
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
  rowsOf,
} from './exported.js'

interface Point {
  id: string
  vector: number[]
  payload: { filters: string[] } & Record<string, unknown>
}

/** What Qdrant would answer: https://api.qdrant.tech/api-reference */
class Server {
  readonly requests: { url: string; headers: http.IncomingHttpHeaders; body: Record<string, unknown> }[] = []
  readonly #server = http.createServer((request, response) => void this.#serve(request, response))
  readonly #collections = new Map<string, { size: number; points: Map<string, Point>; indexed: string[] }>()
  /** Set to answer every request so, whatever it asks. */
  forced: { status: number; text: string } | undefined
  url = ''

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/behind/a/proxy`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    const url = new URL(request.url!, 'http://x')
    this.requests.push({ url: request.url!, headers: request.headers, body })
    const { status, text } = this.forced ?? this.#answer(request.method!, url.pathname, request.headers, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }

  #answer(method: string, path: string, headers: http.IncomingHttpHeaders, body: Record<string, unknown>) {
    const done = (result: unknown) => ({ status: 200, text: JSON.stringify({ result, status: 'ok', time: 0.001 }) })
    const error = (status: number, why: string) => ({
      status,
      text: JSON.stringify({ status: { error: why }, time: 0 }),
    })
    if (headers['api-key'] !== 'secret')
      return { status: 401, text: 'Must provide an API key or an Authorization bearer token' }
    const [, name, rest] = /^\/behind\/a\/proxy\/collections\/([^/]+)(.*)$/.exec(path) ?? []
    if (name === undefined) return error(404, 'no such path')
    if (method === 'PUT' && rest === '') {
      const { size, distance } = body.vectors as { size: number; distance: string }
      assert.equal(distance, 'Cosine')
      this.#collections.set(name, { size, points: new Map(), indexed: [] })
      return done(true)
    }
    const collection = this.#collections.get(name)
    if (!collection) return error(404, `Not found: Collection \`${name}\` doesn't exist!`)
    if (method === 'PUT' && rest === '/points') {
      for (const point of body.points as Point[]) {
        if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(point.id))
          return error(400, `${point.id} is not a valid point ID`)
        if (point.vector.length !== collection.size) return error(400, 'Wrong input: Vector dimension error')
        collection.points.set(point.id, point)
      }
      return done({ operation_id: 1, status: 'completed' })
    }
    if (method === 'PUT' && rest === '/index') {
      assert.equal(body.field_schema, 'keyword')
      collection.indexed.push(body.field_name as string)
      return done({ operation_id: 2, status: 'completed' })
    }
    if (method !== 'POST' || rest !== '/points/query') return error(404, 'no such path')
    const unknown = Object.keys(body).filter((key) => !['query', 'limit', 'with_payload', 'filter'].includes(key))
    if (unknown.length > 0) return error(400, `Format error in JSON body: unknown field \`${unknown[0]}\``)
    const query = body.query as number[]
    if (query.length !== collection.size) {
      return error(400, `Wrong input: Vector dimension error: expected dim: ${collection.size}, got ${query.length}`)
    }
    const must = ((body.filter as { must?: unknown } | undefined)?.must ?? []) as {
      key: 'filters'
      match: { any: string[] }
    }[]
    const passes = (point: Point) =>
      must.every(({ key, match }) => point.payload[key].some((value) => match.any.includes(value)))
    const scored = [...collection.points.values()].filter(passes).map((point) => {
      const payload = body.with_payload === true ? { payload: point.payload } : {}
      return { id: point.id, version: 0, score: similarity.cosine(query, point.vector), ...payload }
    })
    scored.sort((a, b) => b.score - a.score)
    return done({ points: scored.slice(0, body.limit as number) })
  }

  /** Sends what `inkling export` wrote, as its README says. */
  async fill(exported: string, name: string): Promise<void> {
    const put = async (path: string, body: string) => {
      const headers = { 'content-type': 'application/json', 'api-key': 'secret' }
      const response = await fetch(`${this.url}/collections/${name}${path}`, { method: 'PUT', headers, body })
      assert.equal(response.status, 200, await response.text())
    }
    const read = (file: string) => fs.readFileSync(path.join(exported, file), 'utf8')
    await put('', read('collection.json'))
    for (const batch of read('points.jsonl').trimEnd().split('\n')) await put('/points?wait=true', batch)
    await put('/index?wait=true', read('index.json'))
    assert.deepEqual(this.#collections.get(name)?.indexed, ['filters'])
  }
}

const folder = makeIndex()
const rows = rowsOf(folder)
const server = new Server()
await server.start()
test.after(() => server.stop())
await server.fill(exportTo(folder, 'qdrant', 'qdrant', 'talks'), 'talks')
const remote = qdrant({ url: server.url, collection: 'talks', apiKey: 'secret' })

/** A search over an engine, as `createRemoteSearch` makes it, with the tiny model of the command line. */
const searchIn = (engine: Remote) => new RemoteSearch(encoder(folder), engine)

const texts = ['health data', 'roses in a garden']
const vectors = encode(folder, texts) as [Float32Array, Float32Array]

test('a query is one request with vector, limit and payload, and hits come nearest first', async () => {
  for (const vector of vectors) {
    assertNearest(await remote.search(vector, { limit: 20 }), nearest(rows, vector), 20)
    const { url, headers, body } = server.requests.at(-1)!
    assert.equal(url, '/behind/a/proxy/collections/talks/points/query')
    assert.equal(headers['api-key'], 'secret')
    assert.equal(headers['content-type'], 'application/json')
    assert.deepEqual(body, { query: Array.from(vector), limit: 20, with_payload: true })
  }
})

test('filters become conditions on the exported list of field and value', async () => {
  const filters = { day: ['Monday', 'Tuesday'], speakers: ['Bo'] }
  const hits = await remote.search(vectors[0], { limit: 500, filters })
  assert.deepEqual(server.requests.at(-1)!.body.filter, {
    must: [
      { key: 'filters', match: { any: ['day=Monday', 'day=Tuesday'] } },
      { key: 'filters', match: { any: ['speakers=Bo'] } },
    ],
  })
  const passing = nearest(
    rows,
    vectors[0],
    ({ fields }) =>
      ['Monday', 'Tuesday'].includes(fields.day as string) && ((fields.speakers ?? []) as string[]).includes('Bo'),
  )
  assert.ok(passing.length > 10)
  assertNearest(hits, passing, 500)
})

test('a hostile text arrives whole, and its field is filtered by', async () => {
  const field = `a=b'"\\`
  const hits = await remote.search(vectors[0], { limit: 500, filters: { [field]: [hostile] } })
  assert.ok(hits.length > 0)
  for (const { id, title, url, fields } of hits) {
    assert.deepEqual(
      [id, title, url, fields],
      ["it's", hostileTitle, "https://example.org/?a='b'", { [field]: hostile, day: 'Monday' }],
    )
  }
})

test('fields whose names contain the separator are never taken for others', () => {
  assert.equal(filterKey('day', 'a=b'), 'day=a=b')
  assert.equal(filterKey('day=a', 'b'), 'day\\=a=b')
  assert.equal(filterKey('day\\', '=b'), 'day\\\\==b')
})

test('what Qdrant refuses is an error with a code and its own words', async () => {
  const cases: [Remote, Float32Array, string, RegExp][] = [
    [qdrant({ url: server.url, collection: 'talks' }), vectors[0], 'unauthorized', /401: Must provide an API key/],
    [
      qdrant({ url: server.url, collection: 'no/such', apiKey: 'secret' }),
      vectors[0],
      'not-found',
      /Collection `no%2Fsuch` doesn't exist/,
    ],
    [remote, Float32Array.of(1, 0), 'invalid-input', /expected dim: 32, got 2/],
    [
      qdrant({ url: 'http://127.0.0.1:1', collection: 'talks' }),
      vectors[0],
      'network',
      /cannot be reached at http:\/\/127.0.0.1:1/,
    ],
  ]
  for (const [engine, vector, code, message] of cases)
    await assert.rejects(engine.search(vector, { limit: 1 }), { code, message })
})

test('what is not an answer of Qdrant is an error, not a crash', async () => {
  const cases: [number, string, string][] = [
    [200, '<html>', 'network'],
    [200, 'null', 'network'],
    [200, '{"result":{"points":3}}', 'network'],
    [200, '{"result":{"points":[{"id":7,"version":0,"score":1,"payload":{"title":"mine"}}]}}', 'invalid-input'],
    [200, '{"result":{"points":[{"id":7,"version":0,"score":1,"payload":null}]}}', 'invalid-input'],
    [500, 'oops', 'network'],
    [429, '{}', 'network'],
  ]
  for (const [status, text, code] of cases) {
    server.forced = { status, text }
    await assert.rejects(remote.search(vectors[0], { limit: 1 }), { code }, text)
  }
  server.forced = undefined
})

test('an aborted search rejects with the code cancelled, before and during the request', async () => {
  await assert.rejects(remote.search(vectors[0], { limit: 1, signal: AbortSignal.abort() }), { code: 'cancelled' })
  const never: Remote = { search: () => new Promise(() => {}) }
  const search = searchIn(never)
  const controller = new AbortController()
  const answer = search.query('health', { signal: controller.signal })
  setTimeout(() => controller.abort(), 5)
  await assert.rejects(answer, { code: 'cancelled', name: 'AbortError' })
})

test('a search finds each document once, by the best of its passages', async () => {
  const search = searchIn(remote)
  const all = nearest(rows, vectors[1])
  for (const limit of [1, 10, 1000]) {
    const { hits, mode } = await search.query(texts[1]!, { limit, minScore: 0 })
    assertNearest(hits, bestOfDocuments(all), limit, all)
    assert.equal(new Set(hits.map((hit) => hit.id)).size, hits.length)
    assert.equal(mode, 'semantic')
  }
})

/** An engine whose first document has many passages. */
function crowded(passages: number): Remote & { limits: number[] } {
  const hit = (id: string, start: number): RemoteHit => ({
    id,
    cosine: 1 - start / 1e6,
    title: id,
    fields: {},
    passage: { text: '', start, end: start },
  })
  const all = Array.from({ length: passages }, (_, start) => hit('long', start)).concat(hit('other', passages))
  const limits: number[] = []
  return { limits, search: async (_, { limit }) => (limits.push(limit), all.slice(0, limit)) }
}

test('more passages are asked for while they are of too few documents', async () => {
  const ids = async (engine: Remote) =>
    (await searchIn(engine).query('x', { limit: 2, minScore: 0 })).hits.map((hit) => hit.id)
  const [small, large, endless] = [crowded(3), crowded(20), crowded(1e4)]
  assert.deepEqual([await ids(small), small.limits], [['long', 'other'], [8]])
  assert.deepEqual(
    [await ids(large), large.limits],
    [
      ['long', 'other'],
      [8, 32],
    ],
  )
  assert.deepEqual([await ids(endless), endless.limits], [['long'], [8, 32, 128]])
})

test('an engine that throws is an error of the network with its words', async () => {
  const broken: Remote = {
    search: () => {
      throw new TypeError('no such host')
    },
  }
  const search = searchIn(broken)
  await assert.rejects(search.query('health'), { code: 'network', message: /no such host/ })
})

test('a text without a word asks nobody', async () => {
  const asked = server.requests.length
  const { hits } = await searchIn(remote).query('  \n')
  assert.deepEqual([hits, server.requests.length], [[], asked])
})

test('options that cannot be are refused', async () => {
  const search = searchIn(remote)
  for (const limit of [0, -1, 1.5, NaN, '3'])
    await assert.rejects(search.query('x', { limit: limit as number }), { code: 'invalid-input' })
  await assert.rejects(search.query(3 as never), { code: 'invalid-input' })
  for (const options of [{ sort: 'day' }, { facets: ['day'] }, { mode: 'lexical' as const }]) {
    await assert.rejects(search.query('x', options as never), { code: 'invalid-input', message: /by meaning alone/ })
  }
  await assert.rejects(createRemoteSearch({} as never, { url: 'https://example.org/' }), { code: 'invalid-input' })
  assert.throws(() => qdrant({ url: server.url, collection: '' }), { code: 'invalid-input' })
  assert.throws(() => qdrant({ url: 'http://', collection: 'talks' }), { code: 'invalid-input' })
})

test('a hit has all that a hit of a local index has, and a score that says when nothing is close', async () => {
  const search = searchIn(remote)
  assert.equal(search.info.dim, 32)
  const {
    hits: [hit],
    found,
    facets,
    backend,
  } = await search.query(texts[0]!, { limit: 1 })
  assert.ok(
    hit && hit.score > 0 && hit.score < 1 && Math.abs(Math.log(1 / hit.score - 1) - (4.77 - 7.06 * hit.cosine)) < 1e-6,
  )
  assert.deepEqual([hit.bm25, hit.matches, hit.titleMatches, found, facets, backend], [0, [], [], 1, {}, 'cpu'])
  const hitOf = (id: string, cosine: number): RemoteHit => ({
    id,
    cosine,
    title: id,
    fields: {},
    passage: { text: '', start: 0, end: 0 },
  })
  const far = searchIn({ search: async () => [hitOf('a', 0.1), hitOf('b', 0.09)] })
  assert.deepEqual((await far.query('x')).hits, [])
  assert.equal((await far.query('x', { minScore: 0 })).hits.length, 2)
})

test('a later query ends the request of the one before', async () => {
  const aborted: boolean[] = []
  const slow: Remote = {
    search: (_vector, { signal }) =>
      new Promise((resolve) => {
        const at = aborted.push(false) - 1
        signal!.addEventListener('abort', () => (aborted[at] = true))
        if (at === 1) resolve([])
      }),
  }
  const search = searchIn(slow)
  const first = assert.rejects(search.query('health'), { code: 'cancelled' })
  while (aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual((await search.query('roses')).hits, [])
  await first
  assert.deepEqual(aborted, [true, false])
})
