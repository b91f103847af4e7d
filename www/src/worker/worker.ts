/**
 * The worker: holds the wasm modules and one search or encoder, and answers requests about it. Everything that takes
 * time happens here or below, never on the page's own thread. What answers from words is here; the rest is in `later.ts`.
 */

import { errorToData, InklingError } from '../errors.js'
import type { Choice, SearchInfo } from '../types.js'
import { onCpu, whyCpu } from './choice.js'
import { savesData } from './data-saver.js'
import { readIndexEarly } from './early.js'
import {
  compiledModule,
  isOfEncoder,
  loadBuildGlue,
  loadEncoderGlue,
  loadGpuGlue,
  loadIndexGlue,
  trapOf,
} from './glue.js'
import { widenMarks } from './graphemes.js'
import { type FirstMethod, type Handlers, type Held, loaded } from './held.js'
import type { Later } from './later.js'
import type { Method, Methods, Reply, Request } from './protocol.js'
import { SiteSearch } from './site-search.js'

/** The part of the worker's global scope that is used here; the compiler's own types for it clash with the page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null
  postMessage(message: Reply, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as WorkerScope
const held: Held = { accelerators: {} }
/** How long after the first answer the worker takes it that there is nothing else to do, in milliseconds. */
const IDLE_MS = 2000
let idle: ReturnType<typeof setTimeout> | undefined
let idleOfMeaning: ReturnType<typeof setTimeout> | undefined

const first: Handlers<FirstMethod> = {
  async loadSearch({ url, options }, onProgress) {
    const glue = loadIndexGlue()
    const early = url && !options.files ? readIndexEarly(url, options.cache !== false) : undefined
    warmUpIntl()
    held.site = { url, options }
    held.search = await SiteSearch.load(url, { ...options, early }, await glue, onProgress)
    return searchInfo()
  },
  async query({ text, settings }) {
    const ready = loaded(held.search)
    const answer = await ready.query(text, settings)
    widenMarks(answer.hits)
    // What no query has needed yet makes later answers instant, with or without a network.
    if (!savesData()) {
      idle ??= setTimeout(() => void ready.loadRest(), IDLE_MS)
      if (answer.mode !== 'lexical') idleOfMeaning ??= setTimeout(loadRestOfMeaning, IDLE_MS, ready)
    }
    return answer
  },
  async similar({ id, settings }) {
    return loaded(held.search).similar(id, settings)
  },
  async ping() {
    return undefined
  },
}

/** What answers all other methods. */
let later: Promise<Later> | undefined

function loadLater(): Promise<Later> {
  const given = {
    held,
    loadEncoderGlue,
    loadGpuGlue,
    loadBuildGlue,
    compiledModule,
    trapOf,
    isOfEncoder,
    choice,
    searchInfo,
  }
  later ??= import('./later.js').then(
    ({ Later }) => new Later(given),
    (cause: unknown) => {
      later = undefined
      throw new InklingError('network', 'cannot load later.js: serve it beside worker.js', { cause })
    },
  )
  return later
}

/** What answers a method. */
function handlersOf({
  method,
  params,
}: Pick<Request, 'method' | 'params'>): Partial<Handlers> | Promise<Partial<Handlers>> {
  if (method in first) return first
  // What encodes is larger than what drives it: both are on their way together.
  if (method === 'loadModel' || method === 'loadEncoder')
    loadEncoderGlue((params as Partial<Methods['loadEncoder']['params']>).module).catch(() => {})
  return loadLater()
}

/** Fetches the word embeddings and the vectors that no query has needed yet. What does not come is tried again when a query needs it. */
function loadRestOfMeaning(ready: SiteSearch): void {
  void Promise.allSettled([held.encoder?.loadAllRows(), ready.loadRestOfVectors()])
}

/** What the search is made of, with what computes and why. */
function searchInfo(): SearchInfo {
  return { ...loaded(held.search).info(), ...held.encoder?.info(), ...choice() }
}

/** What computes now, and why. */
function choice(): Choice {
  const { queries, documents = queries } = held.accelerators
  const [first, last] = [queries?.choice(), documents?.choice()]
  if (!first || !last) return last ?? onCpu(whyCpu(held.site?.options.backend))
  const why = [...new Set([first.why, last.why])].join('; documents: ')
  return { ...last, backend: first.backend, why }
}

/** Why the choice that was told last was as it was. */
let told: string | undefined

/** Tells what computes when that has changed. A GPU that has come, or has failed, is judged now. */
async function tellChoice(): Promise<void> {
  const { queries, documents } = held.accelerators
  for (const accelerator of [undefined, queries, documents]) {
    await accelerator?.judge()
    const now = choice()
    if (now.why !== told) scope.postMessage({ id: 0, type: 'choice', choice: now })
    told = now.why
  }
}

/**
 * Browsers list the languages they know when a part of `Intl` is first used, once for the page and its workers. It takes
 * 10 ms and more: better here, while the wasm module is on its way, than on the page, where it would hold up the keys.
 */
function warmUpIntl(): void {
  new Intl.PluralRules()
  new Intl.NumberFormat()
}

/** The buffers of vectors, lists and files, which are handed over rather than copied. */
function buffersIn(result: Methods[Method]['result']): Transferable[] {
  if (result instanceof Uint8Array) return [result.buffer]
  const list: readonly unknown[] = Array.isArray(result)
    ? result
    : typeof result === 'object' && 'files' in result
      ? result.files
      : []
  const buffers = list.map((entry) => {
    const { buffer, bytes } = Object(entry) as { buffer?: unknown; bytes?: Uint8Array }
    return buffer ?? bytes?.buffer
  })
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer)
}

async function answer<M extends Method>(id: number, method: M, params: Methods[M]['params']): Promise<void> {
  try {
    const handlers = (await handlersOf({ method, params })) as Handlers
    const result = await handlers[method](params, (progress) => scope.postMessage({ id, type: 'progress', progress }))
    scope.postMessage({ id, type: 'result', result }, buffersIn(result))
  } catch (thrown) {
    // A worker whose module does not come has nothing to lose: in another one the browser asks for it again.
    const isNew = method === 'loadSearch' && thrown instanceof InklingError && thrown.code === 'network'
    if (isNew) scope.postMessage({ id: 0, type: 'lost', error: errorToData(thrown) })
    else if (!tellLost(thrown)) scope.postMessage({ id, type: 'error', error: errorToData(thrown) })
  }
  await tellChoice()
}

/** Tells the page when wasm has stopped in the middle of something: what it holds cannot be trusted any more. */
function tellLost(thrown: unknown): boolean {
  const lost = trapOf(thrown)
  if (lost && held.failModel && isOfEncoder(thrown)) held.failModel(lost)
  else if (lost) scope.postMessage({ id: 0, type: 'lost', error: errorToData(lost) })
  return lost !== undefined
}

// Imported where there is no worker, as tools on a server may do, this does nothing.
if ('WorkerGlobalScope' in globalThis) {
  scope.onmessage = ({ data }) => void answer(data.id, data.method, data.params)
  // What stops behind an `await` reaches nobody who could catch it.
  globalThis.addEventListener('error', (event) => tellLost(event.error) && event.preventDefault())
  globalThis.addEventListener('unhandledrejection', (event) => tellLost(event.reason) && event.preventDefault())
}
