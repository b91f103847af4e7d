/** The door to the wasm module. There are two builds of the crate, and the browser gets the one it can run. */
import { InklingError } from './errors.js'
import type {
  EncoderInfo, Hit, LoadOptions, Progress, QueryResult, QuerySettings, SavedFile, SearchDocument, SearchInfo, SliceFile, SliceHits,
  SliceOutline,
} from './protocol.js'
import { hasRelaxedSimd, hasSimd } from './simd.js'
import type { SliceWorkers } from './slices.js'
import type { EarlyFiles } from './stored.js'
import { relaxedFiles, simd128Files } from './wasm-files.js'

/** The search of the crate. Methods throw errors with a string `code`. */
export interface GlueSearch {
  loadModel(onProgress: (progress: Progress) => void): Promise<void>
  query(text: string, settings: QuerySettings): Promise<QueryResult>
  similar(id: string, settings: Pick<QuerySettings, 'limit'>): Promise<Hit[]>
  add(documents: readonly SearchDocument<unknown>[], onProgress: (done: number) => Promise<void>): Promise<void>
  remove(ids: string[]): number
  save(): Promise<SavedFile[]>
  info(): SearchInfo
  free(): void
}

/** The encoder of the crate. */
export interface GlueEncoder {
  encode(text: string): Promise<Float32Array>
  info(): EncoderInfo
  free(): void
}

/** A slice of the vectors. */
export interface GlueSlice {
  outline(): SliceOutline
  scan(vector: Float32Array): SliceHits
  mean(first: number, end: number): Float32Array
  file(): Uint8Array<ArrayBuffer>
  free(): void
}

/** {@link LoadOptions}, and files that are being read already. */
export interface EncoderLoadOptions extends LoadOptions {
  early?: EarlyFiles | undefined
}

/** A wasm module: the glue that runs it, on its way, and its bytes or their address. */
export interface WasmFiles {
  glue: Promise<Glue & { default(options: { module_or_path: WebAssembly.Module }): Promise<unknown> }>
  source: URL | Uint8Array<ArrayBuffer>
}

/** What the glue exports, typed by hand where wasm-bindgen can only say `any`; the compiler holds both to each other. */
export interface Glue {
  Search: {
    load(url: string, options: LoadOptions, onProgress: (progress: Progress) => void, workers?: SliceWorkers): Promise<GlueSearch>
  }
  Slice: {
    load(
      url: string,
      options: LoadOptions,
      file: SliceFile,
      documents: number,
      onProgress: (progress: Progress) => void,
    ): Promise<GlueSlice>
  }
  Encoder: {
    load(url: string, options: EncoderLoadOptions, onProgress: (progress: Progress) => void): Promise<GlueEncoder>
  }
}

let glue: Promise<Glue> | undefined
let compiled: Promise<WebAssembly.Module> | undefined

/** Fetches, compiles and starts the wasm module, once. Of a module that another worker has compiled only the last is left. */
export function loadGlue(module?: WebAssembly.Module): Promise<Glue> {
  glue ??= startGlue(module)
  return glue
}

/** The module that runs here, to be sent to another worker. */
export async function compiledModule(): Promise<WebAssembly.Module> {
  if (!compiled) throw new InklingError('internal', 'the worker was asked for a module before it had one')
  return compiled
}

async function startGlue(module?: WebAssembly.Module): Promise<Glue> {
  if (!hasSimd()) {
    throw new InklingError('unsupported-browser', 'this browser has no WebAssembly SIMD: update it (Chrome 91, Firefox 89, Safari 16.4)')
  }
  try {
    const files = await (hasRelaxedSimd() ? relaxedFiles() : simd128Files())
    compiled = module ? Promise.resolve(module) : compile(files.source)
    const [glue, module_or_path] = await Promise.all([files.glue, compiled])
    await glue.default({ module_or_path })
    return glue
  } catch (cause) {
    throw new InklingError('network', 'cannot load the WebAssembly module: serve the folder wasm/ beside worker.js', { cause })
  }
}

/** Compiles while the bytes come in, where the server says that they are WebAssembly. */
async function compile(source: URL | Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (!(source instanceof URL)) return WebAssembly.compile(source)
  const response = await fetch(source)
  if (!response.ok) throw new Error(`${source.href} was answered with status ${response.status}`)
  const streamed = response.headers.get('content-type')?.startsWith('application/wasm')
  return streamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())
}
