/** The store over a real server; browsers and their own storage are in tests/browser/faults.spec.ts and files.spec.ts. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { after, afterEach, before } from 'node:test'
import type { Progress } from '../../www/src/types.js'
import { Loading, Store } from '../../www/src/worker/store.js'
import { keyOf, SEARCH_CACHE } from '../../www/src/worker/stored.js'

/** What the server does with the requests that come, one after the other, the last with all others; with what ranges they came. */
let answers: ((response: http.ServerResponse, from: number) => void)[] = []
let ranges: (string | undefined)[] = []

const server = http.createServer((request, response) => {
  ranges.push(request.headers.range)
  const answer = answers.length > 1 ? answers.shift() : answers[0]
  answer?.(response, Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0))
})

let url = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  url = `http://localhost:${(server.address() as AddressInfo).port}/site`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  ranges = []
  Reflect.deleteProperty(globalThis, 'caches')
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const FILE = new Uint8Array(200_000).map((_, at) => (at * at) % 251)
const DIGEST = { bytes: FILE.length, sha256: sha256(FILE) }

const whole = (response: http.ServerResponse) => void response.end(FILE)
const status = (code: number) => (response: http.ServerResponse) => void response.writeHead(code).end()
/** Sends so many bytes from where it is asked to begin, and breaks off. */
const part = (length: number) => (response: http.ServerResponse, from: number) => {
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': FILE.length - from })
  response.write(FILE.subarray(from, from + length), () => setTimeout(() => response.destroy(), 20))
}
const rest = (response: http.ServerResponse, from: number) => void response.writeHead(206).end(FILE.subarray(from))

const open = (cache = false) => new Store(url, { cache })
const code = (thrown: { code?: string }) => thrown.code

/** The browser's storage, as far as a store asks it, in memory. */
function keepInMemory(): Map<string, Uint8Array<ArrayBuffer>> {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>()
  const cache = {
    match: async (key: string) => kept.has(key) && new Response(kept.get(key)),
    put: async (key: string, response: Response) => void kept.set(key, new Uint8Array(await response.arrayBuffer())),
    delete: async (key: string | Request) => kept.delete(typeof key === 'string' ? key : key.url),
    keys: async () => [...kept.keys()].map((key) => new Request(key)),
  }
  Object.assign(globalThis, { caches: { open: async () => cache } })
  return kept
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a file that breaks off is taken up where it broke off, three times and no more', async () => {
  answers = [part(50_000), part(50_000), part(50_000), rest]
  const told: Progress[] = []
  const bytes = await open().fixed('a.bin', DIGEST, new Loading((progress) => told.push(progress), DIGEST.bytes))
  assert.deepEqual(bytes, FILE)
  assert.deepEqual(ranges, [undefined, 'bytes=50000-', 'bytes=100000-', 'bytes=150000-'])
  assert.deepEqual(told.at(-1), { stage: 'download', file: 'a.bin', loaded: FILE.length, total: FILE.length })
  ranges = []
  answers = [part(1000)]
  assert.equal(await open().fixed('a.bin', DIGEST).catch(code), 'network')
  assert.equal(ranges.length, 4)
})

test('a server that knows no ranges begins anew', async () => {
  answers = [part(50_000), whole]
  assert.deepEqual(await open().fixed('a.bin', DIGEST), FILE)
})

test('an error of the server is tried once more, one that stays is not', async () => {
  answers = [status(503), whole]
  assert.deepEqual(await open().fixed('a.bin', DIGEST), FILE)
  assert.equal(ranges.length, 2)
  for (const [answer, expected, times] of [
    [503, 'network', 2],
    [404, 'not-found', 1],
    [403, 'unauthorized', 1],
  ] as const) {
    ranges = []
    answers = [status(answer)]
    assert.equal(await open().fixed('a.bin', DIGEST).catch(code), expected)
    assert.equal(ranges.length, times)
  }
})

test('what is longer or other than it should be is refused and not kept', async () => {
  const kept = keepInMemory()
  for (const body of [new Uint8Array(FILE.length + 1), new Uint8Array(FILE.length), new Uint8Array(0)]) {
    answers = [(response) => void response.end(body)]
    assert.equal(await open(true).fixed('a.bin', DIGEST).catch(code), 'hash-mismatch')
  }
  assert.equal(kept.size, 0)
})

test('a file is kept under its address and its hash, and damaged there it is fetched again', async () => {
  const kept = keepInMemory()
  const key = keyOf(`${url}/a.bin`, DIGEST.sha256)
  answers = [whole]
  await open(true).fixed('a.bin', DIGEST)
  await until(() => kept.has(key))
  assert.deepEqual([...kept.keys()], [key])
  assert.deepEqual(await open(true).fixed('a.bin', DIGEST), FILE)
  assert.equal(ranges.length, 1)
  for (const damage of [FILE.slice(1), FILE.map((byte) => byte ^ 1)]) {
    kept.set(key, damage)
    assert.deepEqual(await open(true).fixed('a.bin', DIGEST), FILE)
    await until(() => kept.get(key)?.length === FILE.length && kept.get(key)?.[0] === FILE[0])
  }
  assert.equal(ranges.length, 3)
})

test('a file that the site was asked for before there was a module is kept and not asked for again, unless it broke off', async () => {
  const kept = keepInMemory()
  for (const [begun, requests] of [
    [[whole], 1],
    [[part(1000), whole], 2],
    [[status(503), whole], 2],
  ] as const) {
    kept.clear()
    ranges = []
    answers = [...begun]
    const asked = new Map([['a.bin', fetch(`${url}/a.bin`)]])
    const told: Progress[] = []
    const loading = new Loading((progress) => told.push(progress), DIGEST.bytes)
    assert.deepEqual(await new Store(url, { early: { asked } }).fixed('a.bin', DIGEST, loading), FILE)
    assert.deepEqual(told.at(-1), { stage: 'download', file: 'a.bin', loaded: FILE.length, total: FILE.length })
    await until(() => kept.size === 1)
    assert.equal(ranges.length, requests)
  }
})

test('what visitors have kept is found by later versions, where it always was', () => {
  assert.equal(SEARCH_CACHE, 'inkling-1')
  assert.equal(keyOf('https://example.org/a%20b', '0f'), 'https://example.org/a%20b?sha256=0f')
})

test('other versions of a file go, and files of other folders stay', async () => {
  const kept = keepInMemory()
  const keys = [
    'a.bin?sha256=00',
    'a.bin?sha256=01',
    'gone.bin?sha256=00',
    'b.bin?sha256=00',
    'manifest.json',
    'left/0.bin?sha256=00',
  ]
  for (const key of keys) kept.set(`${url}/${key}`, FILE)
  kept.set('http://localhost/other/a.bin?sha256=00', FILE)
  open(true).dropOthers(
    new Map([
      ['a.bin', '01'],
      ['gone.bin', undefined],
    ]),
    'left/',
  )
  await until(() => kept.size === 4)
  assert.deepEqual(
    [...kept.keys()],
    [
      ...['a.bin?sha256=01', 'b.bin?sha256=00', 'manifest.json'].map((key) => `${url}/${key}`),
      'http://localhost/other/a.bin?sha256=00',
    ],
  )
})

test('a file that may change is what came last and could be read; what nobody can read is dropped', async () => {
  const kept = keepInMemory()
  const text = (body: string) => (response: http.ServerResponse) => void response.end(body)
  const read = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as number
  const key = `${url}/now.json`
  answers = [text('1')]
  const first = await open(true).changing('now.json', read)
  assert.deepEqual({ ...first, bytes: first.bytes?.length }, { value: 1, bytes: 1 })
  open(true).keep('now.json', first.bytes!)
  await until(() => kept.has(key))
  answers = [text('2')]
  const second = await open(true).changing('now.json', read)
  assert.deepEqual({ ...second, bytes: undefined }, { value: 2, before: 1, bytes: undefined })
  for (const answer of [text('<html>'), status(404), status(500)]) {
    answers = [answer]
    assert.deepEqual(await open(true).changing('now.json', read), { value: 1 })
  }
  kept.set(key, new TextEncoder().encode('<html>'))
  assert.equal(await open(true).changing('now.json', read).catch(code), 'network')
  assert.equal(kept.size, 0)
})

test('files that are given are checked and not fetched, and what is not among them is said', async () => {
  const files = new Map([['a.bin', FILE]])
  const store = new Store('', { files })
  assert.deepEqual(await store.fixed('a.bin', DIGEST), FILE)
  assert.equal(await store.fixed('a.bin', { ...DIGEST, sha256: '00' }).catch(code), 'hash-mismatch')
  assert.equal(await store.fixed('b.bin', DIGEST).catch(code), 'not-found')
  assert.equal(ranges.length, 0)
})

test('where the browser has no hashes they are computed here', async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
  try {
    answers = [whole]
    assert.deepEqual(await open().fixed('a.bin', DIGEST), FILE)
    assert.equal(
      await open()
        .fixed('a.bin', { ...DIGEST, sha256: '00' })
        .catch(code),
      'hash-mismatch',
    )
  } finally {
    Object.defineProperty(globalThis, 'crypto', own!)
  }
})
