/**
 * The service worker of a site: after one visit it opens without a network.
 *
 * Every build of the site has a service worker of its own: a list of files with their hashes stands in front of this code.
 * A changed file changes the list, and browsers then install the new worker beside the old one. Installing means that every
 * file of the new version is stored and checked. When one is missing or wrong the new worker is dropped and the old one goes
 * on; the new one takes over when the page asks for it, or when no page of the old one is open.
 *
 * Files are kept under their hashes, so that an update fetches only what has changed. Those of an index are kept where the
 * search itself keeps them (`src/worker/stored.ts`), once. A model is fetched by the search when it needs it, and here only to
 * replace or to complete one that is stored.
 */
import { isOtherBuild } from '../src/worker/module-names.js'
import { hasRelaxedSimd } from '../src/worker/simd.js'
import {
  filesOf,
  type IndexFile,
  keyOf,
  type ListedFile,
  listedIn,
  NAMES,
  type OfflineList,
  SEARCH_CACHE,
  siteCache,
  wholeBody,
} from '../src/worker/stored.js'
import { pause, within } from '../src/worker/wait.js'

interface LifeEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface Fetch extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

/** The part of the global scope that is used here; the compiler's own types for it clash with the page's. */
interface WorkerScope {
  readonly inklingOffline: OfflineList
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetch) => void): void
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown> & LifeEvent) => void): void
}

/** A file to store: where it is, and what it is kept under. */
interface Wanted extends ListedFile {
  url: string
  key: string
}

/** Requests at a time: a site may have hundreds of small pages. */
const AT_ONCE = 6

/** How long a file may take, in milliseconds, and on the slowest of lines so many bytes in each. */
const FETCH_MS = 60_000
const SLOWEST = 8

/** How long after a failure a file is asked for again, in milliseconds. */
const BACKOFF_MS = 500

/** How long the storage, or the network where something stored can answer instead, may take. In milliseconds. */
const PATIENCE_MS = 4000

/** The build of the wasm modules that this browser loads. */
const BUILD = hasRelaxedSimd() ? 'relaxed' : 'simd128'

const scope = globalThis as unknown as WorkerScope
const { files, searches } = scope.inklingOffline
const base = scope.registration.scope
const pages = new Map(
  files.filter(({ path }) => !isOtherBuild(path, BUILD)).map((file) => [at(file.path, base), wanted(file, base)]),
)

function at(path: string, folder: string): string {
  return new URL(path, folder).href
}

function wanted(file: ListedFile, folder: string): Wanted {
  const url = at(file.path, folder)
  return { ...file, url, key: keyOf(url, file.sha256) }
}

/**
 * Stores all that this version consists of, or fails. With `models` also those of which an older version is stored, and in any case the
 * word embeddings that are missing of one that is.
 */
async function install({ models }: { models: boolean }): Promise<void> {
  const cache = await caches.open(siteCache(base))
  await each([...pages.values()], (file) => store(cache, file))
  const indexes = await caches.open(SEARCH_CACHE)
  const kept = new Set((await indexes.keys()).map(({ url }) => url.replace(/\?sha256=.*$/, '')))
  for (const file of await indexFiles(cache)) {
    const isOfModel = ['model', 'rows', 'documents'].includes(file.needed)
    // All word embeddings come once the weights are there that they belong to.
    const isRows = file.needed === 'rows'
    const isWanted = kept.has(isRows ? at(`../${NAMES.weights}`, file.url) : file.url)
    const isDue = models || (isRows && !kept.has(file.url))
    if (!isOfModel || (isDue && isWanted && !savesData())) await store(indexes, file)
  }
}

/** Drops what belongs to no file of this version, and takes over the pages that are open. */
async function activate(): Promise<void> {
  const cache = await caches.open(siteCache(base))
  const current = new Set([...pages.values()].map(({ key }) => key))
  for (const request of await cache.keys()) if (!current.has(request.url)) await cache.delete(request)
  const indexes = await caches.open(SEARCH_CACHE)
  const indexed = new Set((await indexFiles(cache)).map(({ key }) => key))
  const folders = searches.map((search) => at(search, base))
  for (const request of await indexes.keys()) {
    const isOurs = request.url.includes('?sha256=') && folders.some((folder) => request.url.startsWith(folder))
    if (isOurs && !indexed.has(request.url)) await indexes.delete(request)
  }
  await scope.clients.claim()
}

/** The files of all indexes, as the stored manifests list them. */
async function indexFiles(cache: Cache): Promise<(Wanted & IndexFile)[]> {
  const all: (Wanted & IndexFile)[] = []
  for (const search of searches) {
    const folder = at(search, base)
    const manifest = pages.get(at(NAMES.manifest, folder))
    const stored = manifest && (await cache.match(manifest.key))
    const files = filesOf(await stored?.json())
    if (!files) throw new Error(`${folder} has no ${NAMES.manifest} of an index: build both again`)
    const clusters = await clustersOf(files, folder)
    all.push(...[...files, ...clusters].map((file) => ({ ...file, ...wanted(file, folder) })))
  }
  return all
}

/** The files of the clusters of a large index, which have a list of their own. */
async function clustersOf(files: IndexFile[], folder: string): Promise<IndexFile[]> {
  const list = files.find(({ path }) => path === NAMES.clusters)
  if (!list) return []
  const cache = await caches.open(SEARCH_CACHE)
  const file = wanted(list, folder)
  await store(cache, file)
  return listedIn(await (await cache.match(file.key))?.json())
}

/** Fetches a file, checks it and keeps it, unless it is there already and whole. */
async function store(cache: Cache, { url, key, bytes, sha256 }: Wanted): Promise<void> {
  const isKept = async () => (await wholeBody(await cache.match(key), sha256)) !== undefined
  if (await isKept()) return
  const response = await fetchTwice(url, bytes)
  if (!response.ok) throw new Error(`${url} was answered with status ${response.status}`)
  const body = await wholeBody(response, sha256)
  if (!body) throw new Error(`${url} is not the file that this version should have`)
  // The content policy among them must hold for the stored file, too. Those that are left out speak of how it was sent.
  const headers = new Headers(response.headers)
  for (const name of ['content-encoding', 'content-length', 'vary']) headers.delete(name)
  await cache.put(key, new Response(body, { headers }))
  if (await isKept()) return
  await cache.delete(key)
  throw new Error(`the browser has not stored ${url} as it is`)
}

/** Asks the site for a file; a refused connection, or a server in trouble, is tried once more. */
async function fetchTwice(url: string, bytes: number): Promise<Response> {
  const ask = () => fetch(url, { cache: 'no-cache', signal: AbortSignal.timeout?.(FETCH_MS + bytes / SLOWEST) ?? null })
  const first = await ask().catch(() => undefined)
  if (first && first.status < 500) return first
  await pause(BACKOFF_MS)
  return ask()
}

/** Works through a list, some at a time; the first failure is the outcome. */
async function each<T>(list: T[], work: (entry: T) => Promise<void>): Promise<void> {
  const rest = list.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const entry of rest) await work(entry)
    }),
  )
}

/** Whether the visitor has asked browsers to save data. */
function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true
}

/** The file of this version that a request is about. Files of an index are none: the search checks and keeps those. */
function fileFor({ method, url, mode, headers }: Request): Wanted | undefined {
  if (method !== 'GET' || headers.has('range')) return undefined
  const address = url.replace(/[?#].*$/, '')
  const path = address.endsWith('/') ? `${address}index.html` : address
  return pages.get(path) ?? (mode === 'navigate' ? pages.get(`${path}.html`) : undefined)
}

async function answer(request: Request, { key }: Wanted): Promise<Response> {
  const kept = caches.open(siteCache(base)).then((cache) => cache.match(key))
  // Browsers may drop what is stored when space is short, or be stuck.
  return (await within(PATIENCE_MS, kept).catch(() => undefined)) ?? fetch(request)
}

/** The files of models that are asked for by their names: their hashes are known to no page. */
const MODEL_CONFIGS = [NAMES.model, NAMES.documentsModel].map((folder) => folder + NAMES.config)

const isModelConfig = ({ url }: Request): boolean =>
  searches.some((search) => MODEL_CONFIGS.some((path) => url === at(path, at(search, base))))

/** Such a file, from the network or as the search keeps it. */
async function modelConfig(request: Request): Promise<Response> {
  const fetched = await within(PATIENCE_MS, fetch(request)).catch(() => undefined)
  if (fetched?.ok) return fetched
  const cache = await caches.open(SEARCH_CACHE)
  const key = (await cache.keys()).find(({ url }) => url.startsWith(`${request.url}?sha256=`))
  return (key && (await cache.match(key))) ?? fetched ?? fetch(request)
}

scope.addEventListener('install', (event) => event.waitUntil(install({ models: true })))
scope.addEventListener('activate', (event) => event.waitUntil(activate()))
scope.addEventListener('fetch', (event) => {
  const file = fileFor(event.request)
  if (file) event.respondWith(answer(event.request, file))
  else if (isModelConfig(event.request)) event.respondWith(modelConfig(event.request))
})
scope.addEventListener('message', (event) => {
  if (event.data === 'inkling: take over') event.waitUntil(scope.skipWaiting())
  // Where this version is not the site's any more, what is missing stays missing until the next one is stored. The search looks
  // at its model itself whenever it takes it: that is too much to read at each visit for nothing.
  if (event.data === 'inkling: store') event.waitUntil(install({ models: false }).catch(() => {}))
})
