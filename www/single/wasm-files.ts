/** The wasm modules of a page that is one file: they are inside the worker's script, as esbuild's `binary` loader puts them. */
import type { WasmFiles } from '../src/wasm.js'

/** The module for browsers with relaxed SIMD. */
export async function relaxedFiles(): Promise<WasmFiles> {
  const { bytes, glue } = await import('./relaxed.js')
  return { glue: Promise.resolve(glue), source: bytes }
}

/** The module for all others. */
export async function simd128Files(): Promise<WasmFiles> {
  const { bytes, glue } = await import('./simd128.js')
  return { glue: Promise.resolve(glue), source: bytes }
}

// A page that is one file computes on the CPU: it has no module for the GPU.
export { relaxedFiles as relaxedGpuFiles, simd128Files as simd128GpuFiles }
