// Faults of servers, networks, storage and the module itself: each has an answer, or a message with a code. They are real: a server
// that fails, or browser storage that does. All run in Chromium (tests/browser/faults.spec.ts), Firefox and WebKitGTK
// (*-faults.test.mjs). docs/reliability.md says what visitors see.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { siteFolder } from '../../scripts/site.mjs'

/** @typedef {import('node:http').ServerResponse} Response */

/**
 * The server of one fault, which nobody has visited before.
 * @typedef {object} Site
 * @property {string} url
 * @property {(path: string, body: Buffer) => Buffer} alter changes a file's bytes on their way out
 * @property {Record<string, (response: Response) => void>} routes what answers at a path in place of a file
 */

/**
 * A page of that server with nothing on it. Functions that are evaluated are sent as text.
 * @typedef {object} Visitor
 * @property {<A extends unknown[], T>(work: (...args: A) => T | Promise<T>, ...args: A) => Promise<T>} evaluate
 * @property {() => Promise<unknown>} reload
 */

/**
 * How a search went: how it answered, and what became of its model, or why it did not open.
 * @typedef {{ code?: string, hits?: number, mode?: string, model?: string }} Outcome
 */

/** @typedef {{ model?: boolean, cache?: boolean, integrity?: string, question?: string, keeps?: boolean }} Asked */

/**
 * In the page: opens the index and asks it. With `model` it waits for that first; with `keeps` it ends the search only once the
 * manifest is kept, for which no answer waits.
 * @param {string} url @param {Asked} asked @returns {Promise<Outcome>}
 */
async function askHere(
  url,
  { model: wanted = false, cache = true, integrity = '', question = 'Health Analytics?', keeps },
) {
  const isKept = async () => {
    const kept = await (await caches.open('inkling-1')).match(`${url}/search/manifest.json`)
    return (await kept?.text())?.includes('"format"')
  }
  const { createSearch } = /** @type {typeof import('inkling-search')} */ (await import(`${url}/inkling/index.js`))
  const said = (/** @type {{ code: string }} */ { code }) => code
  try {
    const options = { url: `${url}/search/`, cache, ...(integrity && { integrity }) }
    const search = await createSearch({ ...options, model: wanted ? 'now' : 'ask' })
    const model = wanted ? await search.modelReady.then(() => 'ready', said) : undefined
    const { mode, hits } = await search.query(question)
    for (let tries = 0; keeps && !(await isKept()); tries++) {
      if (tries === 600) throw { code: 'the manifest is not kept' }
      await new Promise((wake) => setTimeout(wake, 50))
    }
    search.dispose()
    return { mode, hits: hits.length, ...(model && { model }) }
  } catch (error) {
    return { code: said(/** @type {any} */ (error)) }
  }
}

/** @param {Visitor} page @param {Site} site @param {Asked} [asked] */
const ask = (page, site, asked = {}) => page.evaluate(askHere, site.url, asked)

/** An answer by words alone. @type {Outcome} */
const WORDS = { mode: 'lexical', hits: 3 }

/** An answer by meaning. @type {Outcome} */
const MEANING = { mode: 'hybrid', hits: 3, model: 'ready' }

/** Words go on without the model, and this is why. @param {string} model @returns {Outcome} */
const without = (model) => ({ mode: 'lexical', hits: 3, model })

/** What a server does in place of sending a file. @typedef {(response: Response, body: Buffer) => void} Fault */

/** @type {(code: number) => Fault} */
const status = (code) => (response) => response.writeHead(code).end()
/** @type {(text: string | ((body: Buffer) => Buffer), headers?: Record<string, string>) => Fault} */
const send =
  (text, headers = {}) =>
  (response, body) => {
    response.writeHead(200, headers)
    response.end(typeof text === 'string' ? text : text(body))
  }
const html = send('<!doctype html><title>Log in to the network</title>', { 'content-type': 'text/html' })
/** @type {Fault} */
const hangs = () => {}
/** @type {Fault} */
const resets = (response) => response.destroy()
/** @type {Fault} */
const stalls = (response, body) => {
  response.writeHead(200, { 'content-length': body.length })
  response.write(body.subarray(0, body.length >> 1))
}
/** @type {Fault} */
const breaksOff = (response, body) => {
  stalls(response, body)
  setTimeout(() => response.destroy(), 50)
}
const flipped = send((body) => {
  const bytes = Buffer.from(body)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  return bytes
})
const longer = send((body) => Buffer.concat([body, Buffer.from('more')]))
const cut = send((body) => body.subarray(0, body.length >> 1))

/**
 * Has the server do something in place of sending a file, so many times.
 * @param {Site} site @param {string} file @param {Fault} fault @param {number} [times]
 */
function spoil(site, file, fault, times = Infinity) {
  let left = times
  const type = file.endsWith('.js') ? 'text/javascript' : file.endsWith('.wasm') ? 'application/wasm' : 'text/plain'
  site.routes[file] = (response) => {
    const body = site.alter(file, fs.readFileSync(path.join(siteFolder, file)))
    if (left-- > 0) fault(response, body)
    else response.writeHead(200, { 'content-type': type }).end(body)
  }
}

/** Runs something in the worker before its own script. @param {Site} site @param {string} script */
function inWorker(site, script) {
  const before = site.alter
  site.alter = (name, body) => {
    const altered = before(name, body)
    return name.endsWith('/worker.js') ? Buffer.concat([Buffer.from(`${script}\n`), altered]) : altered
  }
}

/** Lets the deadlines of the worker come sooner: nobody should wait for them here. @param {Site} site @param {number} times */
const hurry = (site, times) =>
  inWorker(site, `{ const wait = setTimeout; self.setTimeout = (f, ms, ...rest) => wait(f, ms / ${times}, ...rest) }`)

/** Takes the network away from the search, as it is where only the page itself is stored. @param {Site} site */
function cutOff(site) {
  for (const name of fs.readdirSync(path.join(siteFolder, 'search'), { recursive: true, encoding: 'utf8' }))
    spoil(site, `/search/${name.replaceAll(path.sep, '/')}`, resets)
}

const MANIFEST = '/search/manifest.json'
const LEXICAL = '/search/index/lexical.safetensors'
const VECTORS = '/search/index/vectors.safetensors'
const WEIGHTS = '/search/model/weights.safetensors'
const TOKENIZER = '/search/model/tokenizer.txt'
const MODULE = '/inkling/wasm/inkling-simd128.wasm'
const SCRIPT = '/inkling/wasm/inkling-simd128.js'
const WORKER = '/inkling/worker.js'
/** What drives the model. */
const DRIVER = '/inkling/later.js'
/** Of these an engine takes the one that it can run. */
const ENCODERS = ['simd128', 'relaxed'].map((variant) => `/inkling/wasm/inkling-encoder-${variant}.wasm`)
const ENCODER_SCRIPTS = ENCODERS.map((file) => file.replace('.wasm', '.js'))

/** What is kept of the manifest. @param {Visitor} page @param {Site} site */
const keptManifest = (page, site) =>
  page.evaluate(async (url) => {
    const kept = await (await caches.open('inkling-1')).match(`${url}/search/manifest.json`)
    // Drivers know no undefined.
    return (await kept?.text()) ?? ''
  }, site.url)

/** Visits once without a fault, and waits until the manifest is kept. @param {Visitor} page @param {Site} site */
async function visit(page, site) {
  assert.deepEqual(await ask(page, site, { keeps: true }), WORDS)
  return keptManifest(page, site)
}

/**
 * A fault of the server at a visit: what happens to which file, how the search goes, how often it happens, and how much sooner
 * deadlines come.
 * @typedef {[what: string, file: string | string[], fault: Fault, outcome: Outcome, times?: number, faster?: number]} OfServer
 */

/** @type {OfServer[]} */
const FIRST_VISIT = [
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
  ['the script of the module comes at the second try', SCRIPT, status(503), WORDS, 1],
  ['the script of the module never comes', SCRIPT, hangs, { code: 'network' }, Infinity, 60],
  ['the module never comes', MODULE, hangs, { code: 'network' }, Infinity, 60],
  ['the worker is not there', WORKER, status(404), { code: 'network' }],
  ['the worker is a page', WORKER, html, { code: 'network' }],
]

/** @type {OfServer[]} */
const MODEL = [
  ['the weights are not there', WEIGHTS, status(404), without('not-found')],
  ['the weights may not be read', WEIGHTS, status(403), without('unauthorized')],
  ['the server fails at the weights', WEIGHTS, status(500), without('network')],
  ['the weights are altered', WEIGHTS, flipped, without('hash-mismatch')],
  ['the weights are empty', WEIGHTS, send(''), without('hash-mismatch')],
  ['the weights break off twice', WEIGHTS, breaksOff, MEANING, 2],
  ['the weights come at the second try', WEIGHTS, status(503), MEANING, 1],
  ['the weights stop half way for good', WEIGHTS, stalls, without('network'), Infinity, 60],
  ['the tokenizer is a page', TOKENIZER, html, without('hash-mismatch')],
  ['the tokenizer is not there', TOKENIZER, status(410), without('not-found')],
  ['the vectors are altered', VECTORS, flipped, without('hash-mismatch')],
  ['the vectors never come', VECTORS, hangs, without('network'), Infinity, 20],
  ['the module that encodes is not there', ENCODERS, status(404), without('network')],
  ['the module that encodes is a page', ENCODERS, html, without('network')],
  ['the module that encodes comes at the second try', ENCODERS, status(503), MEANING, 1],
  ['the module that encodes never comes', ENCODERS, hangs, without('network'), Infinity, 60],
  ['the script of the module that encodes is not there', ENCODER_SCRIPTS, status(404), without('network')],
  ['what drives the model is not there', DRIVER, status(404), without('network')],
]

/** The blocks of word embeddings that come when a question needs them. */
const ROWS = fs.readdirSync(path.join(siteFolder, 'search/model/rows')).map((name) => `/search/model/rows/${name}`)

/** A question with a word that is in none of the sessions and is not a common one. */
const SELDOM = 'analytics for seamen'

/** @type {[what: string, fault: Fault, mode: 'lexical' | 'hybrid', times?: number, faster?: number][]} */
const OF_ROWS = [
  ['are not there', status(404), 'lexical'],
  ['may not be read', status(403), 'lexical'],
  ['meet a failing server', status(500), 'lexical'],
  ['come at the second try', status(503), 'hybrid', 1],
  ['are altered', flipped, 'lexical'],
  ['are cut short', cut, 'lexical'],
  ['are too long', longer, 'lexical'],
  ['are the page of a captive portal', html, 'lexical'],
  ['break off once', breaksOff, 'hybrid', 1],
  ['never come', hangs, 'lexical', Infinity, 5],
]

/** @type {[what: string, fault: Fault, faster?: number][]} */
const LATER = [
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

const never = 'new Promise(() => {})'
/** @type {[what: string, script: string][]} */
const STORAGE = [
  [
    'is missing',
    "delete self.caches; delete WorkerGlobalScope.prototype.caches; if ('caches' in self) throw Error('still there')",
  ],
  [
    'may not be looked at',
    "Object.defineProperty(self, 'caches', { get() { throw new DOMException('', 'SecurityError') } })",
  ],
  ['never answers open', `CacheStorage.prototype.open = () => ${never}`],
  ['refuses open', "CacheStorage.prototype.open = () => Promise.reject(new DOMException('', 'UnknownError'))"],
  ...['match', 'put', 'keys', 'delete'].flatMap((name) => [
    /** @type {[string, string]} */ ([`never answers ${name}`, `Cache.prototype.${name} = () => ${never}`]),
    /** @type {[string, string]} */ ([
      `refuses ${name}`,
      `Cache.prototype.${name} = () => Promise.reject(new DOMException('', 'QuotaExceededError'))`,
    ]),
  ]),
]

/** Stops the wasm in the middle of the load of the model: where its weights are hashed. @param {string} change of the error */
const stopAtWeights = (change = '') => `{
  const { digest } = SubtleCrypto.prototype
  SubtleCrypto.prototype.digest = function (algorithm, bytes) {
    if (bytes.byteLength < 2e6) return digest.call(this, algorithm, bytes)
    queueMicrotask(() => {
      const error = new WebAssembly.RuntimeError('unreachable')
      ${change}
      throw error
    })
    return ${never}
  }
}`
/** @type {[what: string, script: string, code: string][]} */
const STOPS = [
  ['stops on a fault', stopAtWeights(), 'internal'],
  [
    'stops on a fault of its own module alone',
    stopAtWeights("error.stack = 'RuntimeError: unreachable at inkling-encoder-relaxed.wasm'"),
    'internal',
  ],
  [
    'finds no memory',
    `${stopAtWeights()}
    WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no memory') }`,
    'out-of-memory',
  ],
]

/**
 * A fault, and what must come of it.
 * @typedef {object} Case
 * @property {string} group
 * @property {string} title
 * @property {(page: Visitor, site: Site) => Promise<void>} run
 */

/** @param {string} group @param {boolean} model @param {OfServer} fault @returns {Case} */
const ofServer = (group, model, [what, file, fault, outcome, times, faster = 1]) => ({
  group,
  title: `${what}: ${outcome.code ?? `${outcome.mode === 'hybrid' ? 'meaning' : 'words'} answers`}`,
  run: async (page, site) => {
    if (faster > 1) hurry(site, faster)
    for (const one of [file].flat()) spoil(site, one, fault, times)
    assert.deepEqual(await ask(page, site, { model }), outcome)
  },
})

/** @type {(ofRows: typeof OF_ROWS[number]) => Case} */
const ofRows = ([what, fault, mode, times, faster = 1]) => ({
  group: 'word embeddings of a seldom word',
  title: `${what}: ${mode === 'hybrid' ? 'meaning' : 'words'} answers, and the next question works`,
  run: async (page, site) => {
    if (faster > 1) hurry(site, faster)
    for (const file of ROWS) spoil(site, file, fault, times)
    const asked = { model: true, question: SELDOM }
    const { hits, ...outcome } = await ask(page, site, asked)
    assert.deepEqual(outcome, { mode, model: 'ready' })
    assert.ok(hits)
    for (const file of ROWS) delete site.routes[file]
    assert.equal((await ask(page, site, asked)).mode, 'hybrid')
  },
})

/** @type {(later: typeof LATER[number]) => Case} */
const atLaterVisit = ([what, fault, faster = 1]) => ({
  group: 'at a later visit the manifest',
  title: `${what}: the kept one answers, and stays`,
  run: async (page, site) => {
    if (faster > 1) hurry(site, faster)
    const kept = await visit(page, site)
    spoil(site, MANIFEST, fault)
    assert.deepEqual(await ask(page, site), WORDS)
    assert.equal(await keptManifest(page, site), kept)
    cutOff(site)
    assert.deepEqual(await ask(page, site), WORDS)
  },
})

/** @type {(storage: typeof STORAGE[number]) => Case} */
const ofStorage = ([what, script]) => ({
  group: 'storage',
  title: `${what}: meaning answers`,
  run: async (page, site) => {
    hurry(site, 5)
    inWorker(site, script)
    assert.deepEqual(await ask(page, site, { model: true }), MEANING)
    assert.deepEqual(await ask(page, site, { model: true }), MEANING, 'again')
  },
})

/** @type {(stop: typeof STOPS[number]) => Case} */
const ofModel = ([what, script, code]) => ({
  group: 'the model',
  title: `${what}: words go on with the code ${code}, and the next load heals`,
  run: async (page, site) => {
    const intact = site.alter
    inWorker(site, script)
    assert.deepEqual(await ask(page, site, { model: true }), without(code))
    site.alter = intact
    await page.reload()
    assert.deepEqual(await ask(page, site, { model: true }), MEANING)
  },
})

/** @param {Visitor} page @param {Site} site */
async function mendsTheKept(page, site) {
  await visit(page, site)
  const damage = () =>
    page.evaluate(async (url) => {
      await (await caches.open('inkling-1')).put(`${url}/search/manifest.json`, new Response('<html>'))
    }, site.url)
  await damage()
  assert.deepEqual(await ask(page, site, { keeps: true }), WORDS)
  await damage()
  cutOff(site)
  assert.deepEqual(await ask(page, site), { code: 'network' })
  assert.equal(await keptManifest(page, site), '')
}

/** @param {Visitor} page @param {Site} site */
async function keepsTheOld(page, site) {
  const kept = await visit(page, site)
  const rename = (/** @type {Buffer} */ body) =>
    Buffer.from(body.toString().replaceAll(/"sha256": "\w{8}/g, '"sha256": "00000000'))
  spoil(site, MANIFEST, send(rename))
  assert.deepEqual(await ask(page, site), WORDS)
  assert.equal(await keptManifest(page, site), kept)
  cutOff(site)
  assert.deepEqual(await ask(page, site), WORDS)
}

/** @param {Visitor} page @param {Site} site */
async function asksForTheHash(page, site) {
  const sha256 = (/** @type {string} */ text) => `sha256-${createHash('sha256').update(text).digest('base64')}`
  const integrity = sha256(fs.readFileSync(path.join(siteFolder, MANIFEST), 'utf8'))
  assert.deepEqual(await ask(page, site, { integrity, keeps: true }), WORDS)
  // A space more is another file.
  const spaced = send((body) => Buffer.concat([body, Buffer.from(' ')]))
  spoil(site, MANIFEST, spaced)
  assert.deepEqual(await ask(page, site, { integrity }), WORDS, 'the kept one answers')
  assert.deepEqual(await ask(page, site, { integrity, cache: false }), { code: 'hash-mismatch' })
  assert.deepEqual(await ask(page, site, { integrity: 'sha256-nothing' }), { code: 'invalid-input' })
  assert.deepEqual(await ask(page, site, { cache: false }), WORDS)
  cutOff(site)
  assert.deepEqual(await ask(page, site, { integrity }), WORDS)
  assert.deepEqual(await ask(page, site, { integrity: sha256('another') }), { code: 'network' })
}

/** @param {Visitor} page @param {Site} site */
async function triesEachFileTwice(page, site) {
  const failed = new Set()
  const search = path.join(siteFolder, 'search')
  for (const name of fs.readdirSync(search, { recursive: true, encoding: 'utf8' })) {
    const file = `/search/${name.replaceAll(path.sep, '/')}`
    /** @type {Fault} */
    const once = (response) => {
      failed.add(file)
      response.writeHead(503).end()
    }
    spoil(site, file, once, 1)
  }
  assert.deepEqual(await ask(page, site, { model: true }), MEANING)
  assert.ok(failed.size > 4, `${[...failed]}`)
}

/** @param {Visitor} page @param {Site} site */
async function missesTheWorker(page, site) {
  // The first one ends after its first answer.
  const dying = `addEventListener('message', async ({ data }) => {
    if (data.method === 'query' && (await fetch('/dies')).ok) close()
  })`
  inWorker(site, dying)
  let [deaths, workers] = [0, 0]
  site.routes['/dies'] = (response) => response.writeHead(++deaths === 1 ? 200 : 404).end()
  const before = site.alter
  site.alter = (name, body) => {
    if (name.endsWith('/worker.js')) workers += 1
    return before(name, body)
  }
  const answers = await page.evaluate(async (url) => {
    // Nobody should wait for its heartbeat here; on a busy machine workers may take their time before it ends, and the second one always.
    const { setTimeout: wait, clearTimeout: forget, Worker: Own } = globalThis
    let [workers, hurries] = [0, false]
    /** @type {Map<unknown, () => void>} */
    const waiting = new Map()
    Object.assign(globalThis, {
      setTimeout: (/** @type {() => void} */ call, /** @type {number} */ ms) => {
        const done = () => {
          waiting.delete(timer)
          call()
        }
        const timer = wait(done, hurries && workers === 1 ? ms / 50 : ms)
        waiting.set(timer, done)
        return timer
      },
      clearTimeout: (/** @type {number} */ timer) => {
        waiting.delete(timer)
        forget(timer)
      },
      Worker: class extends Own {
        /** @param {ConstructorParameters<typeof Worker>} given */
        constructor(...given) {
          super(...given)
          workers += 1
        }
      },
    })
    const { createSearch } = /** @type {typeof import('inkling-search')} */ (await import(`${url}/inkling/index.js`))
    const search = await createSearch({ url: `${url}/search/`, model: 'ask' })
    const first = await search.query('Health Analytics?')
    hurries = true
    // A while by the clock of this page: half a second.
    for (const [timer, done] of Array.from(waiting)) {
      forget(/** @type {number} */ (timer))
      done()
    }
    await new Promise((resolve) => setTimeout(/** @type {() => void} */ (resolve), 25_000))
    const second = await search.query('Health Analytics?')
    search.dispose()
    return [first, second].map(({ hits }) => hits.map(({ id }) => id))
  }, site.url)
  assert.equal(answers[0]?.length, 3)
  assert.deepEqual(answers[1], answers[0])
  assert.equal(workers, 2)
}

/** @param {Visitor} page @param {Site} site */
async function loadsAgain(page, site) {
  let manifests = 0
  spoil(site, MANIFEST, (response, body) => {
    // The first is of another deployment, of which the files are gone.
    const of = /** @type {{ files: { path: string, sha256: string }[] }} */ (JSON.parse(body.toString()))
    if (++manifests === 1) for (const file of of.files) if (file.path.startsWith('index/')) file.sha256 = '0'.repeat(64)
    response.end(JSON.stringify(of))
  })
  assert.deepEqual(await ask(page, site), WORDS)
  assert.ok(manifests > 2, `${manifests}`)
}

/** All of them. @type {Case[]} */
export const cases = [
  ...FIRST_VISIT.map((fault) => ofServer('at a first visit', false, fault)),
  {
    group: 'at a first visit',
    title: 'a server that is busy is tried once more, for each file: meaning answers',
    run: triesEachFileTwice,
  },
  ...MODEL.map((fault) => ofServer('while the model loads', true, fault)),
  ...OF_ROWS.map(ofRows),
  ...LATER.map(atLaterVisit),
  {
    group: 'at a later visit the manifest',
    title: 'that is kept cannot be read: it is mended where there is a network, and dropped where there is none',
    run: mendsTheKept,
  },
  {
    group: 'at a later visit the manifest',
    title: 'names files that are not deployed yet: the index that was kept answers, and stays',
    run: keepsTheOld,
  },
  ...STORAGE.map(ofStorage),
  ...STOPS.map(ofModel),
  {
    group: 'the hash of the manifest',
    title: 'that the page names is asked of it, also of the kept one',
    run: asksForTheHash,
  },
  {
    group: 'a worker',
    title: 'that ends without a word is missed, and another one answers',
    run: missesTheWorker,
  },
  {
    group: 'an index',
    title: 'that is deployed while it loads is loaded again, and answers',
    run: loadsAgain,
  },
]
