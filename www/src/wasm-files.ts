/**
 * Where the wasm modules come from: the only file that imports the generated glue. A page that is one file has another of
 * these: `www/single/wasm-files.ts`.
 *
 * The paths are written out, twice, because bundlers follow `import()` and `new URL()` only when they can read them.
 */
import type { Glue } from './wasm.js'

/** Fetches and starts the module for browsers with relaxed SIMD. */
export async function startRelaxed(): Promise<Glue> {
  const module = await import('./wasm/inkling-relaxed.js')
  await module.default({ module_or_path: new URL('./wasm/inkling-relaxed.wasm', import.meta.url) })
  return module
}

/** Fetches and starts the module for all others. */
export async function startSimd128(): Promise<Glue> {
  const module = await import('./wasm/inkling-simd128.js')
  await module.default({ module_or_path: new URL('./wasm/inkling-simd128.wasm', import.meta.url) })
  return module
}
