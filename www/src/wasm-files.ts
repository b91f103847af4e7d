/**
 * Where the wasm modules come from: the only file that imports the generated glue. A page that is one file has another of
 * these: `www/single/wasm-files.ts`.
 *
 * The paths are written out, twice, because bundlers follow `import()` and `new URL()` only when they can read them.
 */
import type { WasmFiles } from './wasm.js'

/** The module for browsers with relaxed SIMD. */
export async function relaxedFiles(): Promise<WasmFiles> {
  return { glue: import('./wasm/inkling-relaxed.js'), source: new URL('./wasm/inkling-relaxed.wasm', import.meta.url) }
}

/** The module for all others. */
export async function simd128Files(): Promise<WasmFiles> {
  return { glue: import('./wasm/inkling-simd128.js'), source: new URL('./wasm/inkling-simd128.wasm', import.meta.url) }
}

/** The same two, with the GPU's half. */
export async function relaxedGpuFiles(): Promise<WasmFiles> {
  return { glue: import('./wasm/inkling-gpu-relaxed.js'), source: new URL('./wasm/inkling-gpu-relaxed.wasm', import.meta.url) }
}

export async function simd128GpuFiles(): Promise<WasmFiles> {
  return { glue: import('./wasm/inkling-gpu-simd128.js'), source: new URL('./wasm/inkling-gpu-simd128.wasm', import.meta.url) }
}
