/**
 * The worker: holds the wasm modules and one search or encoder, and answers requests about it. Everything that takes
 * time happens here or below, never on the page's own thread.
 */

import { errorToData, InklingError } from '../errors.js'
import type { Choice, Progress, SearchInfo } from '../types.js'
import { Accelerator, onCpu, whyCpu } from './accelerate.js'
import { isBulk } from './bulk.js'
import { savesData } from './data-saver.js'
import { readIndexEarly, readModelEarly } from './early.js'
import {
  compiledModule,
  type EncoderGlue,
  type EncoderLoadOptions,
  type GlueBuilder,
  isOfEncoder,
  loadBuildGlue,
  loadEncoderGlue,
  loadIndexGlue,
  trapOf,
} from './glue.js'
import { widenMarks } from './graphemes.js'
import { ModelEncoder } from './model.js'
import { planBuild } from './plan.js'
import type { LoadOptions, Method, Methods, Reply, Request } from './protocol.js'
import { SiteChanges } from './site-changes.js'
import { SiteSearch } from './site-search.js'
import { nextTask } from './tasks.js'

/** The part of the worker's global scope that is used here; the compiler's own types for it clash with the page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null
  postMessage(message: Reply, transfer?: Transferable[]): void
}

type Handlers = {
  [M in Method]: (
    params: Methods[M]['params'],
    onProgress: (progress: Methods[M]['progress']) => void,
  ) => Promise<Methods[M]['result']>
}

const scope = globalThis as unknown as WorkerScope
let search: SiteSearch | undefined
let encoder: ModelEncoder | undefined
/** What encodes documents, where the encoder of queries does not. */
let documentsEncoder: Promise<ModelEncoder> | undefined
let builder: GlueBuilder | undefined
/** The GPU's parts: in the encoder, and in what encodes documents, which may be the builder. */
let accelerators: Partial<Record<'queries' | 'documents', Accelerator | undefined>> = {}
/** How long after the first answer the worker takes it that there is nothing else to do, in milliseconds. */
const IDLE_MS = 2000
let idle: ReturnType<typeof setTimeout> | undefined
let idleOfMeaning: ReturnType<typeof setTimeout> | undefined

/** Where the search is. */
let site: { url: string; options: LoadOptions } | undefined
/** The search once more, in the module that changes it. */
let changes: Promise<SiteChanges> | undefined

const handlers: Handlers = {
  async loadSearch({ url, options }, onProgress) {
    const glue = loadIndexGlue()
    const early = url && !options.files ? readIndexEarly(url, options.cache !== false) : undefined
    warmUpIntl()
    site = { url, options }
    search = await SiteSearch.load(url, { ...options, early }, await glue, onProgress)
    return searchInfo()
  },
  async loadModel(_params, onProgress) {
    const ready = loaded(search)
    try {
      encoder = await loadModel(ready, loaded(site), onProgress)
    } catch (thrown) {
      throw (isOfEncoder(thrown) && trapOf(thrown)) || (await ready.explain(thrown))
    }
    // An index that is being changed was opened once more meanwhile.
    if (search !== ready) await giveEncoder(loaded(search), encoder)
    return searchInfo()
  },
  async query({ text, settings }) {
    const ready = loaded(search)
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
    return loaded(search).similar(id, settings)
  },
  async add({ documents }, onProgress) {
    if (documents.length === 0) return searchInfo()
    const changing = await changeable()
    const encodes = (await loadDocumentsEncoder(changing)) ?? encoder
    const isMuch = isBulk(documents.map((document) => String(Object(document).text)))
    await encodes?.accelerator?.turn(isMuch)
    const together = () => encodes?.together() ?? 1
    await changing.add(documents, together, async (done) => {
      onProgress({ done, total: documents.length })
      // Messages that have come meanwhile are answered first: encoding many documents holds up no query.
      await nextTask()
      await encodes?.accelerator?.turn(isMuch)
    })
    return searchInfo()
  },
  async remove({ ids }) {
    const removed = ids.length === 0 ? 0 : await (await changeable()).remove([...ids])
    return { removed, info: await searchInfo() }
  },
  async save() {
    return (await changeable()).save()
  },
  async loadEncoder({ url, options, module }, onProgress) {
    const early = options.cache === false ? undefined : readModelEarly(url)
    const glue = await loadEncoderGlue(module)
    encoder = await loadAccelerated(url, { ...options, early }, glue, onProgress)
    accelerators = { queries: encoder.accelerator }
    return { ...encoder.info(), ...choice() }
  },
  async accelerate() {
    await accelerators.queries?.turn(true, true)
    return choice()
  },
  async compiledModule() {
    return compiledModule()
  },
  async encode({ texts, isMuch }) {
    const { queries, documents } = accelerators
    await (queries ?? documents)?.turn(isMuch)
    if (!builder) return loaded(encoder).encode(texts)
    const together = documents?.at('bulk')?.encodeMany(texts)
    return together ?? texts.map((text) => loaded(builder).encode(text))
  },
  async plan({ source, settings, url, options }, onProgress) {
    const planned = await planBuild(await loadBuildGlue(), source, settings, url, options, onProgress)
    ;[builder, accelerators.documents] = planned
    return { texts: builder.texts(), folder: builder.modelFolder() }
  },
  async finish({ vectors }) {
    return { ...loaded(builder).finish(vectors), computed: choice() }
  },
  async ping() {
    return undefined
  },
  async zip({ files }) {
    return (await loadBuildGlue()).zipFiles(files) as Uint8Array<ArrayBuffer>
  },
}

/** Fetches the word embeddings and the vectors that no query has needed yet. What does not come is tried again when a query needs it. */
function loadRestOfMeaning(ready: SiteSearch): void {
  void Promise.allSettled([encoder?.loadAllRows(), ready.loadRestOfVectors()])
}

/** Loads an encoder, in which a GPU may have a part. One that was asked for by name is judged at once. */
async function loadAccelerated(
  url: string,
  options: EncoderLoadOptions,
  glue: EncoderGlue,
  onProgress: (progress: Progress) => void,
): Promise<ModelEncoder> {
  const made = await ModelEncoder.load(url, options, glue, onProgress)
  made.accelerator = new Accelerator(made, options.backend)
  await made.accelerator.turn(false)
  return made
}

/** Rejects the load of the model that is under way, when its module stops where nobody can catch it. */
let failModel: ((error: InklingError) => void) | undefined

async function loadModel(
  ready: SiteSearch,
  { url, options }: NonNullable<typeof site>,
  onProgress: (progress: Progress) => void,
): Promise<ModelEncoder> {
  const glue = loadEncoderGlue()
  // Nobody waits for it when the vectors are missing.
  glue.catch(() => {})
  const { before, total, ...pinned } = await ready.loadVectors(onProgress)
  const encodes = await glue
  const stopped = new Promise<never>((_resolve, reject) => (failModel = reject))
  try {
    const load = loadAccelerated(url, { ...options, pinned }, encodes, (progress) =>
      onProgress({ ...progress, loaded: before + progress.loaded, total }),
    )
    const made = await Promise.race([load, stopped])
    ready.setEncoder(made)
    accelerators.queries = made.accelerator
    return made
  } finally {
    failModel = undefined
  }
}

/**
 * The search where it can be changed: the same index, opened once more in the module that builds when somebody changes it for the
 * first time, and the one that answers from then on. Few pages do, so that code is not in the module that every visitor loads.
 */
function changeable(): Promise<SiteChanges> {
  changes ??= openAgain(loaded(search), loaded(site)).catch((thrown: unknown) => {
    changes = undefined
    throw thrown
  })
  return changes
}

async function openAgain(before: SiteSearch, { url, options }: NonNullable<typeof site>): Promise<SiteChanges> {
  const glue = await loadBuildGlue()
  try {
    const opened = await SiteChanges.again(url, { ...options, again: before.integrity }, glue)
    if (encoder) await giveEncoder(opened, encoder)
    search = opened
    return opened
  } catch (thrown) {
    throw await before.explain(thrown)
  }
}

/** Gives what encodes queries to a search that is opened once more. */
async function giveEncoder(opened: SiteSearch, made: ModelEncoder): Promise<void> {
  await opened.loadVectors(() => {})
  opened.setEncoder(made)
}

/** What encodes documents, loaded for the first that are added, where the encoder of queries does not. */
async function loadDocumentsEncoder(ready: SiteChanges): Promise<ModelEncoder | undefined> {
  const { url, options } = loaded(site)
  const pinned = encoder && ready.documentsModel()
  if (!pinned) return undefined
  documentsEncoder ??= loadEncoderGlue()
    .then((glue) => loadAccelerated(url, { ...options, pinned }, glue, () => {}))
    .then((made) => {
      ready.setDocumentsEncoder(made)
      accelerators.documents = made.accelerator
      return made
    })
  try {
    return await documentsEncoder
  } catch (thrown) {
    // Asked again, it is fetched again.
    documentsEncoder = undefined
    throw await ready.explain(thrown)
  }
}

/** What the search is made of, with what computes and why. */
async function searchInfo(): Promise<SearchInfo> {
  return { ...loaded(search).info(), ...encoder?.info(), ...choice() }
}

/** What computes now, and why. */
function choice(): Choice {
  const { queries, documents = queries } = accelerators
  const [first, last] = [queries?.choice(), documents?.choice()]
  if (!first || !last) return last ?? onCpu(whyCpu(site?.options.backend))
  const why = [...new Set([first.why, last.why])].join('; documents: ')
  return { ...last, backend: first.backend, why }
}

/** Why the choice that was told last was as it was. */
let told: string | undefined

/** Tells what computes when that has changed. A GPU that has come, or has failed, is judged now. */
async function tellChoice(): Promise<void> {
  for (const accelerator of [undefined, accelerators.queries, accelerators.documents]) {
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

function loaded<T>(part: T | undefined): T {
  if (!part) throw new InklingError('internal', 'nothing is loaded')
  return part
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
  if (lost && failModel && isOfEncoder(thrown)) failModel(lost)
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
