/**
 * Faults of networks, servers, storage and the module itself, one a line: each has an answer, or a message with a code. They are
 * real: a server that fails, or browser storage that does. docs/reliability.md says what visitors see.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type http from 'node:http'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { siteFolder } from '../../scripts/site.mjs'
import { expect, openBlank, type Package, type Site, test } from './site.js'

test.use({
  complaintsAllowed: /Failed to load resource|RuntimeError|unreachable|net::ERR|Failed to load module script/,
})

/** How a search went: how it answered, and what became of its model, or why it did not open. */
interface Outcome {
  code?: string
  hits?: number
  mode?: string
  model?: string
}

/** Opens the index on the page and asks it; with `model` it waits for that first. */
const ask = (page: Page, site: Site, { model = false, cache = true, integrity = '' } = {}): Promise<Outcome> =>
  page.evaluate(
    async ({ url, wanted, cache, integrity }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const said = ({ code }: { code: string }) => code
      try {
        const semantic = wanted ? 'now' : 'ask'
        const search = await createSearch({ url: `${url}/search/`, semantic, cache, ...(integrity && { integrity }) })
        const model = wanted ? await search.semantic.then(() => 'ready', said) : undefined
        const { mode, hits } = await search.query('Health Analytics?')
        search.dispose()
        return { mode, hits: hits.length, ...(model && { model }) }
      } catch (error) {
        return { code: said(error as never) }
      }
    },
    { url: site.url, wanted: model, cache, integrity },
  )

/** An answer by words alone. */
const WORDS: Outcome = { mode: 'lexical', hits: 3 }

/** An answer by meaning. */
const MEANING: Outcome = { mode: 'hybrid', hits: 3, model: 'ready' }

/** Words go on without the model, and this is why. */
const without = (model: string): Outcome => ({ mode: 'lexical', hits: 3, model })

/** What a server does in place of sending a file. */
type Fault = (response: http.ServerResponse, body: Buffer) => void

const status =
  (code: number): Fault =>
  (response) =>
    response.writeHead(code).end()
const send =
  (text: string | ((body: Buffer) => Buffer), headers = {}): Fault =>
  (response, body) => {
    response.writeHead(200, headers)
    response.end(typeof text === 'string' ? text : text(body))
  }
const html = send('<!doctype html><title>Log in to the network</title>', { 'content-type': 'text/html' })
const hangs: Fault = () => {}
const resets: Fault = (response) => response.destroy()
const half = (response: http.ServerResponse, body: Buffer) => {
  response.writeHead(200, { 'content-length': body.length })
  response.write(body.subarray(0, body.length >> 1))
}
const stalls: Fault = half
const breaksOff: Fault = (response, body) => {
  half(response, body)
  setTimeout(() => response.destroy(), 50)
}
const flipped = send((body) => {
  const bytes = Buffer.from(body)
  bytes[bytes.length >> 1]! ^= 1
  return bytes
})
const longer = send((body) => Buffer.concat([body, Buffer.from('more')]))
const cut = send((body) => body.subarray(0, body.length >> 1))

/** Has the server do something in place of sending a file, so many times. */
function spoil(site: Site, file: string, fault: Fault, times = Infinity): void {
  let left = times
  const type = file.endsWith('.js') ? 'text/javascript' : file.endsWith('.wasm') ? 'application/wasm' : 'text/plain'
  site.routes[file] = (response) => {
    const body = site.alter(file, fs.readFileSync(path.join(siteFolder, file)))
    if (left-- > 0) fault(response, body)
    else response.writeHead(200, { 'content-type': type }).end(body)
  }
}

/** Runs something in the worker before its own script. */
function inWorker(site: Site, script: string): void {
  const before = site.alter
  site.alter = (name, body) => {
    const altered = before(name, body)
    return name.endsWith('/worker.js') ? Buffer.concat([Buffer.from(`${script}\n`), altered]) : altered
  }
}

/** Lets the deadlines of the worker come sooner: nobody should wait for them here. */
const hurry = (site: Site, times: number) =>
  inWorker(site, `{ const wait = setTimeout; self.setTimeout = (f, ms, ...rest) => wait(f, ms / ${times}, ...rest) }`)

const MANIFEST = '/search/manifest.json'
const LEXICAL = '/search/index/lexical.safetensors'
const VECTORS = '/search/index/vectors.safetensors'
const WEIGHTS = '/search/model/weights.safetensors'
const TOKENIZER = '/search/model/tokenizer.json'
const MODULE = '/inkling/wasm/inkling-simd128.wasm'
const ENCODER = '/inkling/wasm/inkling-encoder-relaxed.wasm'

/** What is kept of the manifest. */
const keptManifest = (page: Page, site: Site) =>
  page.evaluate(
    async (url) => (await (await caches.open('inkling-1')).match(`${url}/search/manifest.json`))?.text(),
    site.url,
  )

/** Visits once without a fault, and waits until the manifest is kept. */
async function visit(page: Page, site: Site): Promise<string> {
  await openBlank(page, site)
  expect(await ask(page, site)).toEqual(WORDS)
  await expect.poll(() => keptManifest(page, site)).toContain('"format"')
  return (await keptManifest(page, site))!
}

/** Takes the network away from the search, as it is where only the page itself is stored. */
const cutOff = (page: Page) => page.route('**/search/**', (route) => route.abort('internetdisconnected'))

const FIRST_VISIT: [what: string, file: string, fault: Fault, outcome: Outcome, times?: number, faster?: number][] = [
  ['the manifest is not there', MANIFEST, status(404), { code: 'not-found' }],
  ['the manifest may not be read', MANIFEST, status(403), { code: 'unauthorized' }],
  ['the manifest wants a password', MANIFEST, status(401), { code: 'unauthorized' }],
  ['the server fails each time', MANIFEST, status(500), { code: 'network' }],
  ['the server is busy once', MANIFEST, status(503), WORDS, 1],
  ['the connection is reset once', MANIFEST, resets, WORDS, 1],
  ['the connection is reset each time', MANIFEST, resets, { code: 'network' }],
  ['the manifest has no content', MANIFEST, status(204), { code: 'damaged-file' }],
  ['the manifest is empty', MANIFEST, send(''), { code: 'damaged-file' }],
  ['the manifest is the page of a captive portal', MANIFEST, html, { code: 'damaged-file' }],
  ['the manifest is JSON of another site', MANIFEST, send('{"name":"app"}'), { code: 'damaged-file' }],
  ['the manifest is of a later version', MANIFEST, send('{"format": 999}'), { code: 'unsupported-format' }],
  ['the manifest is cut short', MANIFEST, cut, { code: 'damaged-file' }],
  ['the manifest never comes', MANIFEST, hangs, { code: 'network' }, Infinity, 10],
  ['the manifest stops half way', MANIFEST, stalls, { code: 'network' }, Infinity, 10],
  ['the manifest stops half way once', MANIFEST, stalls, WORDS, 1, 10],
  ['the words are not there', LEXICAL, status(404), { code: 'not-found' }],
  ['the words are altered', LEXICAL, flipped, { code: 'hash-mismatch' }],
  ['the words are too long', LEXICAL, longer, { code: 'hash-mismatch' }],
  ['the words are cut short each time', LEXICAL, cut, { code: 'hash-mismatch' }],
  ['the words are the page of a captive portal', LEXICAL, html, { code: 'hash-mismatch' }],
  ['the words come at the second try', LEXICAL, status(502), WORDS, 1],
  ['the words break off once', LEXICAL, breaksOff, WORDS, 1],
  ['the words never come', LEXICAL, hangs, { code: 'network' }, Infinity, 20],
  ['the module is not there', MODULE, status(404), { code: 'network' }],
  ['the module is a page', MODULE, html, { code: 'network' }],
  ['the module is altered', MODULE, cut, { code: 'network' }],
  ['the module comes at the second try', MODULE, status(503), WORDS, 1],
  ['the module has a wrong type', MODULE, send((body) => body, { 'content-type': 'text/plain' }), WORDS],
  ['the module never comes', MODULE, hangs, { code: 'network' }, Infinity, 60],
  ['the worker is not there', '/inkling/worker.js', status(404), { code: 'network' }],
  ['the worker is a page', '/inkling/worker.js', html, { code: 'network' }],
]

test.describe('at a first visit', () => {
  for (const [what, file, fault, outcome, times, faster = 1] of FIRST_VISIT) {
    test(`${what}: ${outcome.code ?? 'words answer'}`, async ({ page, site }) => {
      if (faster > 1) hurry(site, faster)
      spoil(site, file, fault, times)
      await openBlank(page, site)
      expect(await ask(page, site)).toEqual(outcome)
    })
  }

  test('a refused connection is tried once more, for each file', async ({ page, site }) => {
    await openBlank(page, site)
    const failed = new Set<string>()
    await page.route('**/search/**', (route) => {
      const url = route.request().url()
      if (failed.has(url)) return route.continue()
      failed.add(url)
      return route.abort('connectionrefused')
    })
    expect(await ask(page, site, { model: true })).toEqual(MEANING)
    expect(failed.size).toBeGreaterThan(4)
  })
})

const MODEL: [what: string, file: string, fault: Fault, outcome: Outcome, times?: number, faster?: number][] = [
  ['the weights are not there', WEIGHTS, status(404), without('not-found')],
  ['the weights may not be read', WEIGHTS, status(403), without('unauthorized')],
  ['the server fails at the weights', WEIGHTS, status(500), without('network')],
  ['the weights are altered', WEIGHTS, flipped, without('hash-mismatch')],
  ['the weights are empty', WEIGHTS, send(''), without('hash-mismatch')],
  ['the weights break off twice', WEIGHTS, breaksOff, MEANING, 2],
  ['the weights come at the second try', WEIGHTS, status(503), MEANING, 1],
  ['the weights stop half way for good', WEIGHTS, stalls, without('network'), Infinity, 20],
  ['the tokenizer is a page', TOKENIZER, html, without('hash-mismatch')],
  ['the tokenizer is not there', TOKENIZER, status(410), without('not-found')],
  ['the vectors are altered', VECTORS, flipped, without('hash-mismatch')],
  ['the vectors never come', VECTORS, hangs, without('network'), Infinity, 20],
  ['the module that encodes is not there', ENCODER, status(404), without('network')],
  ['the module that encodes is a page', ENCODER, html, without('network')],
]

test.describe('while the model loads', () => {
  for (const [what, file, fault, outcome, times, faster = 1] of MODEL) {
    test(`${what}: ${outcome.model === 'ready' ? 'meaning answers' : `words answer, ${outcome.model}`}`, async ({
      page,
      site,
    }) => {
      if (faster > 1) hurry(site, faster)
      spoil(site, file, fault, times)
      await openBlank(page, site)
      expect(await ask(page, site, { model: true })).toEqual(outcome)
    })
  }
})

const LATER: [what: string, fault: Fault, faster?: number][] = [
  ['is not there any more', status(404)],
  ['may not be read any more', status(403)],
  ['meets a failing server', status(500)],
  ['meets a reset connection', resets],
  ['is the page of a captive portal', html],
  ['has no content', status(204)],
  ['is empty', send('')],
  ['is JSON of another site', send('{"ok":true}')],
  ['is a list', send('[]')],
  ['is null', send('null')],
  ['is of a later version', send('{"format": 999}')],
  ['is cut short', cut],
  ['never comes', hangs, 10],
  ['stops half way', stalls, 10],
]

test.describe('at a later visit the manifest', () => {
  for (const [what, fault, faster = 1] of LATER) {
    test(`${what}: the kept one answers, and stays`, async ({ page, site }) => {
      if (faster > 1) hurry(site, faster)
      const kept = await visit(page, site)
      spoil(site, MANIFEST, fault)
      expect(await ask(page, site)).toEqual(WORDS)
      expect(await keptManifest(page, site)).toBe(kept)
      await cutOff(page)
      expect(await ask(page, site)).toEqual(WORDS)
    })
  }

  test('that is kept cannot be read: it is mended where there is a network, and dropped where there is none', async ({
    page,
    site,
  }) => {
    await visit(page, site)
    const damage = () =>
      page.evaluate(
        async (url) => (await caches.open('inkling-1')).put(`${url}/search/manifest.json`, new Response('<html>')),
        site.url,
      )
    await damage()
    expect(await ask(page, site)).toEqual(WORDS)
    await expect.poll(() => keptManifest(page, site)).toContain('"format"')
    await damage()
    await cutOff(page)
    expect(await ask(page, site)).toEqual({ code: 'network' })
    expect(await keptManifest(page, site)).toBeUndefined()
  })

  test('names files that are not deployed yet: the index that was kept answers, and stays', async ({ page, site }) => {
    const kept = await visit(page, site)
    const rename = (body: Buffer) => Buffer.from(body.toString().replaceAll(/"sha256": "\w{8}/g, '"sha256": "00000000'))
    spoil(site, MANIFEST, send(rename))
    expect(await ask(page, site)).toEqual(WORDS)
    expect(await keptManifest(page, site)).toBe(kept)
    await cutOff(page)
    expect(await ask(page, site)).toEqual(WORDS)
  })
})

const never = 'new Promise(() => {})'
const STORAGE: [what: string, script: string][] = [
  ['is missing', 'delete self.caches; delete WorkerGlobalScope.prototype.caches'],
  [
    'may not be looked at',
    "Object.defineProperty(self, 'caches', { get() { throw new DOMException('', 'SecurityError') } })",
  ],
  ...['open'].flatMap((name): [string, string][] => [
    [`never answers ${name}`, `CacheStorage.prototype.${name} = () => ${never}`],
    [`refuses ${name}`, `CacheStorage.prototype.${name} = () => Promise.reject(new DOMException('', 'UnknownError'))`],
  ]),
  ...['match', 'put', 'keys', 'delete'].flatMap((name): [string, string][] => [
    [`never answers ${name}`, `Cache.prototype.${name} = () => ${never}`],
    [`refuses ${name}`, `Cache.prototype.${name} = () => Promise.reject(new DOMException('', 'QuotaExceededError'))`],
  ]),
]

test.describe('storage', () => {
  for (const [what, script] of STORAGE) {
    test(`${what}: meaning answers`, async ({ page, site }) => {
      hurry(site, 5)
      inWorker(site, script)
      await openBlank(page, site)
      expect(await ask(page, site, { model: true })).toEqual(MEANING)
      expect(await ask(page, site, { model: true }), 'again').toEqual(MEANING)
    })
  }
})

/** Stops the wasm in the middle of the load of the model: where its weights are hashed. */
const stopAtWeights = (stop: string) => `{
  const { digest } = SubtleCrypto.prototype
  SubtleCrypto.prototype.digest = function (algorithm, bytes) {
    if (bytes.byteLength < 4e6) return digest.call(this, algorithm, bytes)
    ${stop}
  }
}`
const trap = "new WebAssembly.RuntimeError('unreachable')"
const STOPS: [what: string, script: string, code: string][] = [
  ['stops on a fault', stopAtWeights(`queueMicrotask(() => { throw ${trap} }); return ${never}`), 'internal'],
  [
    'stops on a fault of its own module alone',
    stopAtWeights(`queueMicrotask(() => {
      const error = ${trap}
      error.stack = 'RuntimeError: unreachable at inkling-encoder-relaxed.wasm'
      throw error
    })
    return ${never}`),
    'internal',
  ],
  [
    'finds no memory',
    `${stopAtWeights(`queueMicrotask(() => { throw ${trap} }); return ${never}`)}
    WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no memory') }`,
    'out-of-memory',
  ],
]

test.describe('the model', () => {
  for (const [what, script, code] of STOPS) {
    test(`${what}: words go on with the code ${code}, and the next load heals`, async ({ page, site }) => {
      const intact = site.alter
      inWorker(site, script)
      await openBlank(page, site)
      expect(await ask(page, site, { model: true })).toEqual(without(code))
      site.alter = intact
      await page.reload()
      expect(await ask(page, site, { model: true })).toEqual(MEANING)
    })
  }
})

test('a worker that ends without a word is missed, and another one answers', async ({ page, site }) => {
  // The first one ends after its first answer.
  const dying = `addEventListener('message', async ({ data }) => {
    if (data.method === 'query' && (await fetch('/dies')).ok) close()
  })`
  inWorker(site, dying)
  let deaths = 0
  site.routes['/dies'] = (response) => response.writeHead(++deaths === 1 ? 200 : 404).end()
  // Nobody should wait for its heartbeat here.
  await page.addInitScript(() => {
    const wait = globalThis.setTimeout
    Object.assign(globalThis, { setTimeout: (call: () => void, ms: number) => wait(call, ms / 50) })
  })
  const workers: string[] = []
  page.on('worker', (worker) => workers.push(worker.url()))
  await openBlank(page, site)
  const answers = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/`, semantic: 'ask' })
    const first = await search.query('Health Analytics?')
    // A while by the clock of this page: half a second.
    await new Promise((resolve) => setTimeout(resolve, 25_000))
    const second = await search.query('Health Analytics?')
    search.dispose()
    return [first, second].map(({ hits }) => hits.map(({ id }) => id))
  }, site.url)
  expect(answers[0]).toHaveLength(3)
  expect(answers[1]).toEqual(answers[0])
  expect(workers).toHaveLength(2)
})

test.describe('the hash of the manifest', () => {
  const sha256 = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

  test('that the page names is asked of it, also of the kept one', async ({ page, site }) => {
    const integrity = sha256(fs.readFileSync(path.join(siteFolder, MANIFEST), 'utf8'))
    await openBlank(page, site)
    expect(await ask(page, site, { integrity })).toEqual(WORDS)
    await expect.poll(() => keptManifest(page, site)).toContain('"format"')
    // A space more is another file.
    spoil(
      site,
      MANIFEST,
      send((body) => Buffer.concat([body, Buffer.from(' ')])),
    )
    expect(await ask(page, site, { integrity }), 'the kept one answers').toEqual(WORDS)
    expect(await ask(page, site, { integrity, cache: false })).toEqual({ code: 'hash-mismatch' })
    expect(await ask(page, site, { integrity: 'sha256-nothing' })).toEqual({ code: 'invalid-input' })
    expect(await ask(page, site, { cache: false })).toEqual(WORDS)
    await cutOff(page)
    expect(await ask(page, site, { integrity })).toEqual(WORDS)
    expect(await ask(page, site, { integrity: sha256('another') })).toEqual({ code: 'network' })
  })
})

test('an index that is deployed while it loads is loaded again, and answers', async ({ page, site }) => {
  let manifests = 0
  spoil(site, MANIFEST, (response, body) => {
    // The first is of another deployment, of which the files are gone.
    const of = JSON.parse(body.toString()) as { files: { path: string; sha256: string }[] }
    if (++manifests === 1) for (const file of of.files) if (file.path.startsWith('index/')) file.sha256 = '0'.repeat(64)
    response.end(JSON.stringify(of))
  })
  await openBlank(page, site)
  expect(await ask(page, site)).toEqual(WORDS)
  expect(manifests).toBeGreaterThan(2)
})
