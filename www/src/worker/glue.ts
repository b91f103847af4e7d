/** The door to the wasm modules of `modules.ts`: what their glue offers, and starting each once in the build that runs here. */
import { InklingError } from '../errors.js'
import type {
  Backend,
  BuildSettings,
  BuiltIndex,
  Choice,
  EncoderInfo,
  Hit,
  QueryResult,
  SavedFile,
  SearchDocument,
  SearchInfo,
} from '../types.js'
import type { Early } from './early.js'
import { type Builds, type ModuleFiles, modules } from './modules.js'
import type { LoadOptions, QuerySettings } from './protocol.js'
import { hasRelaxedSimd, hasSimd } from './simd.js'
import { pause, within } from './wait.js'

/** What lies in the memory of a module until it is let go of, or handed to another that takes it for its own. */
interface Held {
  free(): void
  [Symbol.dispose](): void
}

/** A manifest that has been read. A search takes it for its own. */
export interface GlueManifest extends Held {
  /** The paths of the files without which there is no search. */
  first(): string[]
}

/** A query that has been read. An answer takes it for its own. */
export interface GlueQuestion extends Held {
  toEncode(): string | undefined
}

/** Documents that were found. */
export interface GlueFound extends Held {}

/** The search of the crate, which never waits: files are named by paths, and handed in when they have come. Methods throw errors with a string `code`. */
export interface GlueSearch {
  take(path: string, bytes: Uint8Array): void
  takeVectors(cluster: number, bytes: Uint8Array): void
  missingVectors(question: GlueQuestion, vector: Float32Array): Uint32Array
  checkModel(id: string, family: string, dim: number): void
  /** With another encoder others may be missing. */
  missingWords(text: string, settings: QuerySettings, encoder: QueryEncoder | undefined): string[]
  allMissingWords(): string[]
  missingDocuments(found: GlueFound): string[]
  allMissingDocuments(): string[]
  read(text: string, settings: QuerySettings, encoder: QueryEncoder | undefined): GlueQuestion
  answer(question: GlueQuestion, vector: Float32Array | undefined, isCut: boolean): GlueFound
  similar(id: string, settings: Pick<QuerySettings, 'limit'>): GlueFound
  show(found: GlueFound): Omit<QueryResult, 'backend'> | Hit[]
  info(): Omit<SearchInfo, keyof Choice>
  free(): void
}

/** The same in the module that builds, where it can be changed, once all of its words have come. */
export interface GlueChanges extends GlueSearch {
  /** Most tokens of a passage, and tokens that it shares with the one before it. */
  passageOptions(): Uint32Array
  add(additions: GlueAdditions): void
  remove(ids: string[]): number
  /** All documents have come, too. */
  save(): SavedFile[]
}

/** Documents that are to be added. A search takes them for its own. */
export interface GlueAdditions extends Held {
  /** Takes the passages of the next one. */
  encoded(passages: readonly EncodedPassage[]): void
}

/** Where the model of an index is, and the bytes that count before it and in all to the progress of both. */
export interface ModelOfIndex extends PinnedModel {
  before: number
  total: number
}

/** The folder of a model below an address, and what its configuration must be. */
export interface PinnedModel {
  folder: string
  config: { bytes: number; sha256: string }
}

/** The vector of a query, and the milliseconds from text to tokens and from these to the vector. */
export interface EncodedQuery {
  vector: Float32Array
  truncated: boolean
  milliseconds: [number, number]
  backend: Backend
}

/** The vector of a passage of a document, and its byte range there. */
export interface EncodedPassage {
  start: number
  end: number
  vector: Float32Array
}

/** A passage before it is encoded: its byte range, and what is encoded for it. */
export interface CutPassage {
  start: number
  end: number
  text: string
}

/** What passages are cut from. */
export type TitleAndText = [title: string, text: string]

/** The encoder as the search asks it, value or promise: the one of a module that breaks throws what has no `code`. */
export interface QueryEncoder {
  identity(): { id: string; family: string; dim: number }
  isWord(word: string): boolean
  /** Fetches the word embeddings that a text lacks. A query does not wait for long. */
  prepare(text: string, isQuery: boolean): Promise<void>
  /** Fetches all that have not come. */
  loadAllRows(): Promise<void>
  encodeQuery(text: string): EncodedQuery | Promise<EncodedQuery>
  /** The passages of some documents. */
  encodePassages(documents: readonly TitleAndText[], maxTokens: number, overlap: number): Promise<EncodedPassage[][]>
}

/** What takes the files of a model. */
export interface TakesModel extends Held {
  takeTokenizer(bytes: Uint8Array): void
  takeWeights(bytes: Uint8Array): void
}

/** The encoder of the crate: on the CPU what encodes gives values, with a GPU promises. */
export interface GlueEncoder extends Pick<QueryEncoder, 'identity' | 'isWord' | 'encodeQuery'> {
  encode(text: string): Float32Array | Promise<Float32Array>
  info(): Omit<EncoderInfo, keyof Choice>
  /** The blocks of word embeddings that a text lacks. */
  missingRows(text: string, isQuery: boolean): Uint32Array
  /** Blocks among others: the host does not learn which were wanted. */
  amongOthers(blocks: Uint32Array): Uint32Array
  /** All that have not come, in any order. */
  allMissingRows(): Uint32Array
  takeRows(block: number, bytes: Uint8Array): void
  /** The module for the CPU has this: what is to be encoded of a document. */
  cutPassages?(title: string, text: string, maxTokens: number, overlap: number): CutPassage[]
  /** The module for the GPU has these. */
  encodeMany?(texts: readonly string[]): Promise<Float32Array[]>
  /** `texts` are title and text of one document after the other. */
  encodePassagesOfMany?(texts: string[], maxTokens: number, overlap: number): Promise<EncodedPassage[][]>
  accelerate?(files: GpuFiles): Promise<void>
  choice?(): Choice
  free(): void
}

/** What a GPU needs of a site. */
export interface GpuFiles {
  weights(): Promise<Uint8Array>
  loadAllRows(): Promise<void>
  recall(name: string): Promise<Uint8Array | undefined>
  remember(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** How long the CPU takes for a text of so many tokens. */
  cpuSeconds(tokens: number): Promise<number>
}

/** {@link LoadOptions}, files that are being read already, and the model that an index names. */
export interface EncoderLoadOptions extends LoadOptions {
  early?: Early | undefined
  pinned?: PinnedModel
}

/** What every module exports. */
export interface Start {
  default(options: { module_or_path: WebAssembly.Module }): Promise<unknown>
}

/** Where an index is opened. */
export interface Opens<S> {
  Manifest: new (json: Uint8Array) => GlueManifest
  Search: new (manifest: GlueManifest, files: Map<string, Uint8Array>) => S
  /** Loads what knows other languages than English; a module that builds knows all. */
  loadLanguages?(): Promise<void>
}

/** What the module exports that knows other languages than English. */
export interface LanguagesGlue {
  /** The stems of folded words of a language, with a space between them as between the words. */
  stems(language: string, words: string): string
  /** With spaces between them. */
  stopWords(language: string): string
}

/** What the module that searches exports, typed by hand where wasm-bindgen can only say `any`; the compiler holds both to each other. */
export interface IndexGlue extends Opens<GlueSearch> {
  setLanguages(languages: LanguagesGlue): void
}

/** What the modules that encode export. */
export interface EncoderGlue {
  Model: new (config: Uint8Array) => TakesModel
  Encoder: new (model: TakesModel, backend: string | undefined) => GlueEncoder
  /** The module for the GPU has this: what computes where the GPU was slower before. Throws where there is none but in software. */
  checkGpu?(config: Uint8Array, files: Pick<GpuFiles, 'recall'>): Promise<Choice | undefined>
}

/** A model that goes into an index. */
export interface GlueBuildModel extends TakesModel {
  checkEncodesDocuments(): void
  /** Refuses a model that cannot ask for what the other has encoded. */
  checkAsks(documents: GlueBuildModel): void
  /** The next block of word embeddings. */
  takeRows(bytes: Uint8Array): void
}

/** An index on its way. */
export interface GlueBuilder {
  documents(): number
  /** Takes what encodes the documents and, where that is another, what encodes queries. */
  setModel(documents: GlueBuildModel, queries: GlueBuildModel | undefined): void
  texts(): string[]
  /** Where what encodes the documents is below the folder of the model: there, or in a folder of it. */
  modelFolder(): string
  encode(text: string): Float32Array
  finish(vectors: readonly Float32Array[]): Omit<BuiltIndex, 'computed'>
}

/** What the module that builds exports. */
export interface BuildGlue extends Opens<GlueChanges> {
  Additions: new (documents: readonly SearchDocument<unknown>[]) => GlueAdditions
  BuildModel: new (config: Uint8Array) => GlueBuildModel
  Builder: {
    fromBytes(bytes: Uint8Array, name: string, settings: BuildSettings): GlueBuilder
    fromDocuments(documents: readonly SearchDocument<unknown>[], settings: BuildSettings): GlueBuilder
  }
  zipFiles(files: readonly SavedFile[]): Uint8Array
}

let indexGlue: Promise<Opens<GlueSearch>> | undefined
let languagesGlue: Promise<LanguagesGlue> | undefined
let encoderGlue: Promise<EncoderGlue> | undefined
let gpuGlue: Promise<EncoderGlue> | undefined
let buildGlue: Promise<BuildGlue> | undefined
let compiled: Promise<WebAssembly.Module> | undefined

/** Fetches, compiles and starts the module that searches, once. */
export function loadIndexGlue(): Promise<Opens<GlueSearch>> {
  indexGlue ??= startGlue(modules.inkling, compile).then(({ Manifest, Search, setLanguages }) => ({
    Manifest,
    Search,
    loadLanguages: async () => setLanguages(await loadLanguagesGlue()),
  }))
  return indexGlue
}

/** The same with the module that knows other languages than English. */
function loadLanguagesGlue(): Promise<LanguagesGlue> {
  languagesGlue ??= startGlue(modules['inkling-languages'], compile)
  return languagesGlue
}

/** The same with the module that encodes. Of one that another worker has compiled only the last is left. */
export function loadEncoderGlue(module?: WebAssembly.Module): Promise<EncoderGlue> {
  encoderGlue ??= startGlue(
    modules['inkling-encoder'],
    (source) => (compiled = module ? Promise.resolve(module) : compile(source)),
  )
  return encoderGlue
}

/** The same with the module that also encodes on WebGPU. */
export function loadGpuGlue(): Promise<EncoderGlue> {
  gpuGlue ??= startGlue(modules['inkling-gpu'], compile)
  return gpuGlue
}

/** The same with the module that builds. */
export function loadBuildGlue(): Promise<BuildGlue> {
  buildGlue ??= startGlue(modules['inkling-build'], compile)
  return buildGlue
}

/** The module that encodes here, to be sent to another worker. */
export async function compiledModule(): Promise<WebAssembly.Module | undefined> {
  return compiled
}

/** Starts a module in the build that this browser runs. */
async function startGlue<G>(
  builds: Builds<G>,
  compile: (source: ModuleFiles['source']) => Promise<WebAssembly.Module>,
): Promise<G> {
  if (!hasSimd()) {
    throw new InklingError(
      'unsupported-browser',
      'this browser has no WebAssembly SIMD: update it (Chrome 91, Firefox 89, Safari 16.4)',
    )
  }
  try {
    const files = await ((hasRelaxedSimd() && builds.relaxed) || builds.simd128)()
    const [glue, module_or_path] = await within(MODULE_DEADLINE, Promise.all([files.glue, compile(files.source)]))
    const exports = (await glue.default({ module_or_path })) as { memory: WebAssembly.Memory }
    memories.push(exports.memory)
    return glue
  } catch (cause) {
    if (cause instanceof InklingError) throw cause
    if (isForbidden(cause)) {
      throw new InklingError('blocked', "the content security policy forbids WebAssembly: allow 'wasm-unsafe-eval'", {
        cause,
      })
    }
    throw new InklingError('network', 'cannot load the WebAssembly module: serve the folder wasm/ beside worker.js', {
      cause,
    })
  }
}

/** Whether the policy of the page or of the worker is why nothing can be compiled. Only the sentence says so, in each engine its own. */
function isForbidden(cause: unknown): boolean {
  return cause instanceof Error && /unsafe-eval|blocked by CSP|content security policy/i.test(cause.message)
}

/** How many milliseconds the module may take to come and to be compiled. */
const MODULE_DEADLINE = 60_000

/** How many milliseconds after a failure its address is asked again. */
const BACKOFF = 500

/** The memories of the modules that run here. */
const memories: WebAssembly.Memory[] = []

/** What is asked of a memory to find out whether there is any left: 16 MB, in pages of 64 KB. */
const SPARE_PAGES = 256

/**
 * What it means that wasm has stopped in the middle of something; undefined where that is not what was thrown. It ends the same way
 * when it finds no memory as when it finds a fault of its own.
 */
export function trapOf(thrown: unknown): InklingError | undefined {
  const isShort = thrown instanceof RangeError && /memory|allocat/i.test(thrown.message)
  if (!isShort && !(thrown instanceof WebAssembly.RuntimeError)) return undefined
  const isFull = (memory: WebAssembly.Memory) => {
    try {
      memory.grow(SPARE_PAGES)
      return false
    } catch {
      return true
    }
  }
  const [code, what] =
    isShort || memories.some(isFull)
      ? (['out-of-memory', 'there is not enough memory: close other pages and load this one again'] as const)
      : (['internal', 'the search stopped on a fault of its own: load the page again'] as const)
  return new InklingError(code, what, { cause: thrown })
}

/** Whether what was thrown comes out of a module that encodes, which the one that searches does without: only the stack tells. */
export function isOfEncoder(thrown: unknown): boolean {
  return thrown instanceof Error && /inkling-(encoder|gpu)-/.test(thrown.stack ?? '')
}

/** Compiles while the bytes come in, where the server says that they are WebAssembly. */
async function compile(source: ModuleFiles['source']): Promise<WebAssembly.Module> {
  if (!(source instanceof URL)) return WebAssembly.compile(source)
  const response = await fetchTwice(source)
  if (!response.ok) throw new Error(`${source.href} was answered with status ${response.status}`)
  const streamed = response.headers.get('content-type')?.startsWith('application/wasm')
  return streamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())
}

/** A refused connection, or a server in trouble, is tried once more. */
async function fetchTwice(url: URL): Promise<Response> {
  const first = await fetch(url).catch(() => undefined)
  if (first && first.status < 500) return first
  await pause(BACKOFF)
  return fetch(url)
}
