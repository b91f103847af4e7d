/** The wasm modules of a page that is one file: they are inside the worker's script, as esbuild's `binary` loader puts them. */
import type { Glue } from '../src/wasm.js'

/** Starts the module for browsers with relaxed SIMD. */
export async function startRelaxed(): Promise<Glue> {
  const { bytes, glue } = await import('./relaxed.js')
  await glue.default({ module_or_path: bytes })
  return glue
}

/** Starts the module for all others. */
export async function startSimd128(): Promise<Glue> {
  const { bytes, glue } = await import('./simd128.js')
  await glue.default({ module_or_path: bytes })
  return glue
}
