/**
 * The door to the wasm module.
 *
 * There are two builds of the crate, and the browser gets the one it can run. A wasm module cannot ask at run time
 * whether an instruction exists: it does not even load if one does not. So a few bytes that use the instruction in
 * question are validated first. Browser versions are never looked at.
 */
import { InklingError } from './errors.js'
import type {
  EncoderInfo, Hit, LoadOptions, Progress, QueryResult, QuerySettings, SavedFile, SearchDocument, SearchInfo,
} from './protocol.js'
import { startRelaxed, startSimd128 } from './wasm-files.js'

/** The search of the crate. Methods throw errors with a string `code`. */
export interface GlueSearch {
  loadModel(onProgress: (progress: Progress) => void): Promise<void>
  query(text: string, settings: QuerySettings): Promise<QueryResult>
  similar(id: string, settings: Pick<QuerySettings, 'limit'>): Promise<Hit[]>
  add(documents: readonly SearchDocument<unknown>[], onProgress: (done: number) => void): Promise<void>
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

/** What the glue exports, typed by hand where wasm-bindgen can only say `any`; the compiler holds both to each other. */
export interface Glue {
  Search: { load(url: string, options: LoadOptions, onProgress: (progress: Progress) => void): Promise<GlueSearch> }
  Encoder: { load(url: string, options: LoadOptions, onProgress: (progress: Progress) => void): Promise<GlueEncoder> }
}

/** `() => i8x16.relaxed_swizzle(i8x16.splat(1), i8x16.splat(2))` */
const RELAXED_SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253,
  128, 2, 11,
])

/** `() => i8x16.splat(0)` */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
])

let glue: Promise<Glue> | undefined

/** Fetches and starts the wasm module, once. */
export function loadGlue(): Promise<Glue> {
  glue ??= startGlue()
  return glue
}

async function startGlue(): Promise<Glue> {
  if (!WebAssembly.validate(SIMD_PROBE)) {
    throw new InklingError('unsupported-browser', 'this browser has no WebAssembly SIMD: update it (Chrome 91, Firefox 89, Safari 16.4)')
  }
  try {
    return await (WebAssembly.validate(RELAXED_SIMD_PROBE) ? startRelaxed() : startSimd128())
  } catch (cause) {
    throw new InklingError('network', 'cannot load the WebAssembly module: serve the folder wasm/ beside worker.js', { cause })
  }
}
