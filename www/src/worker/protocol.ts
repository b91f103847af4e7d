/**
 * What the page and its worker say to each other.
 *
 * The page sends {@link Request}s with ids that it never uses twice. The worker answers each with any number of progress
 * messages and then exactly one result or error. Everything is plain data: the worker alone holds wasm.
 */
import type { ErrorData } from '../errors.js'
import type {
  BackendOption,
  BuildProgress,
  BuildSettings,
  BuiltIndex,
  Choice,
  Count,
  EncoderInfo,
  Hit,
  Progress,
  QueryOptions,
  QueryResult,
  SavedFile,
  SearchDocument,
  SearchInfo,
} from '../types.js'

/** Settings of a load that the Rust side reads. An empty `url` beside them means that there is nothing but `files`. */
export interface LoadOptions {
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
  /** Files that are not to be fetched, by their path below the folder. */
  files?: ReadonlyMap<string, Uint8Array>
  /** What may compute. Default `auto`. */
  backend?: BackendOption
  /** The hash that the manifest must have: for the page `sha256-` and base64, for the worker hexadecimal. */
  integrity?: string
}

/** What an index is built from: documents, or the bytes of a file and its name. */
export type BuildSource = { documents: readonly SearchDocument<unknown>[] } | { bytes: Uint8Array; name: string }

/** Settings of a query that the Rust side reads: `auto` is what it does by itself. */
export type QuerySettings = Omit<QueryOptions, 'signal' | 'minScore'> & { minScore?: number }

/** The methods of the worker: what they take, what they answer, and what they report on the way. */
export interface Methods {
  loadSearch: { params: { url: string; options: LoadOptions }; result: SearchInfo; progress: Progress }
  loadModel: { params: Record<string, never>; result: SearchInfo; progress: Progress }
  query: { params: { text: string; settings: QuerySettings }; result: QueryResult; progress: never }
  similar: { params: { id: string; settings: Pick<QuerySettings, 'limit'> }; result: Hit[]; progress: never }
  add: { params: { documents: readonly SearchDocument<unknown>[] }; result: SearchInfo; progress: Count }
  remove: { params: { ids: readonly string[] }; result: { removed: number; info: SearchInfo }; progress: never }
  save: { params: Record<string, never>; result: SavedFile[]; progress: never }
  /** Decides what computes, when that is still due. */
  accelerate: { params: Record<string, never>; result: Choice; progress: never }
  /** With a `module` that another worker has compiled, nothing of the engine is fetched or compiled. */
  loadEncoder: {
    params: { url: string; options: LoadOptions; module?: WebAssembly.Module }
    result: EncoderInfo
    progress: Progress
  }
  /** The module that encodes here, for helpers. */
  compiledModule: { params: Record<string, never>; result: WebAssembly.Module | undefined; progress: never }
  /** With `isMuch` the texts are a part of a bulk: then a GPU may be tried. */
  encode: { params: { texts: readonly string[]; isMuch: boolean }; result: Float32Array[]; progress: never }
  /**
   * Reads documents and loads the model, which `encode` then has; answers with the texts to encode, and with where the model is below
   * `url` that encodes them.
   */
  plan: {
    params: { source: BuildSource; settings: BuildSettings; url: string; options: LoadOptions }
    result: { texts: string[]; folder: string }
    progress: BuildProgress
  }
  finish: { params: { vectors: readonly Float32Array[] }; result: BuiltIndex; progress: never }
  /** Asks for a sign of life. */
  ping: { params: Record<string, never>; result: undefined; progress: never }
  zip: { params: { files: readonly SavedFile[] }; result: Uint8Array<ArrayBuffer>; progress: never }
}

/** The name of a worker method. */
export type Method = keyof Methods

/** Page to worker: run a method. */
export type Request = { [M in Method]: { id: number; method: M; params: Methods[M]['params'] } }[Method]

/** Worker to page: how far a request is, or how it ended. */
export type Reply =
  | { id: number; type: 'progress'; progress: Methods[Method]['progress'] }
  | { id: number; type: 'result'; result: Methods[Method]['result'] }
  | { id: number; type: 'error'; error: ErrorData }
  /** What computes is another now; no request asked for it. */
  | { id: 0; type: 'choice'; choice: Choice }
  /** The wasm has stopped in the middle of something: nothing can be asked of this worker any more. */
  | { id: 0; type: 'lost'; error: ErrorData }
