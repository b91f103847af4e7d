/** The wasm module in Node, read from its file. */
import { readFile } from 'node:fs/promises'
import type { BuildGlue } from './build-wasm.js'

/**
 * Starts the module that searches and builds.
 *
 * Always the one without relaxed SIMD: the relaxed dot product of Node 20 gives wrong sums in V8's baseline tier.
 */
export async function loadNodeGlue(): Promise<BuildGlue> {
  const module = await import('./wasm/inkling-build-simd128.js')
  await module.default({ module_or_path: await readFile(new URL('./wasm/inkling-build-simd128.wasm', import.meta.url)) })
  return module
}
