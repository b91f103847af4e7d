/** The wasm module in Node, read from its file. */
import { readFile } from 'node:fs/promises'
import type { BuildGlue } from '../worker/glue.js'
import { modules } from '../worker/modules.js'

/**
 * Starts the module that searches and builds.
 *
 * Always the one without relaxed SIMD: the relaxed dot product of Node 20 gives wrong sums in V8's baseline tier.
 */
export async function loadNodeGlue(): Promise<BuildGlue> {
  const { glue, source } = await modules['inkling-build'].simd128()
  const started = await glue
  await started.default({ module_or_path: await WebAssembly.compile(await readFile(source as URL)) })
  return started
}
