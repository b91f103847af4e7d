/**
 * The door to the wasm module that also builds. It is apart from the one that searches, so that visitors who only search
 * do not load it; `wasm.ts` says how one of the two builds of each is chosen.
 */
import { InklingError } from './errors.js'
import type { LoadOptions } from './protocol.js'
import type { BuildSettings, BuiltIndex, Progress, SavedFile, SearchDocument } from './types.js'
import { hasRelaxedSimd, hasSimd } from './simd.js'
import type { Glue } from './wasm.js'

/** An index on its way. */
export interface GlueBuilder {
  documents(): number
  loadModel(url: string, options: LoadOptions, onProgress: (progress: Progress) => void): Promise<void>
  texts(): string[]
  encode(text: string): Promise<Float32Array>
  finish(vectors: readonly Float32Array[]): Promise<BuiltIndex>
}

/** What the glue of this module exports. */
export interface BuildGlue extends Glue {
  Builder: {
    fromBytes(bytes: Uint8Array, name: string, settings: BuildSettings): GlueBuilder
    fromDocuments(documents: readonly SearchDocument<unknown>[], settings: BuildSettings): GlueBuilder
  }
  zipFiles(files: readonly SavedFile[]): Uint8Array
}

let glue: Promise<BuildGlue> | undefined

/** Fetches and starts the module, once. */
export function loadBuildGlue(): Promise<BuildGlue> {
  glue ??= startGlue()
  return glue
}

async function startGlue(): Promise<BuildGlue> {
  if (!hasSimd()) throw new InklingError('unsupported-browser', 'this browser has no WebAssembly SIMD: update it')
  try {
    return await (hasRelaxedSimd() ? startRelaxed() : startSimd128())
  } catch (cause) {
    throw new InklingError('network', 'cannot load the WebAssembly module: serve the folder wasm/ beside worker.js', { cause })
  }
}

// The paths are written out, twice, because bundlers follow `import()` and `new URL()` only when they can read them.

async function startRelaxed(): Promise<BuildGlue> {
  const module = await import('./wasm/inkling-build-relaxed.js')
  await module.default({ module_or_path: new URL('./wasm/inkling-build-relaxed.wasm', import.meta.url) })
  return module
}

async function startSimd128(): Promise<BuildGlue> {
  const module = await import('./wasm/inkling-build-simd128.js')
  await module.default({ module_or_path: new URL('./wasm/inkling-build-simd128.wasm', import.meta.url) })
  return module
}
