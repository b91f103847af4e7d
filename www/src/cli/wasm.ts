/** The wasm modules in Node, read from their files. */
import { readFile } from 'node:fs/promises'
import type { BuildGlue, EncoderGlue, IndexGlue } from '../worker/glue.js'
import { type Builds, modules } from '../worker/modules.js'

/**
 * Starts a module.
 *
 * Always the one without relaxed SIMD: the relaxed dot product of Node 20 gives wrong sums in V8's baseline tier.
 */
async function start<G>(builds: Builds<G>): Promise<G> {
  const { glue, source } = await builds.simd128()
  const started = await glue
  await started.default({ module_or_path: await WebAssembly.compile(await readFile(source as URL)) })
  return started
}

/** The module that searches. */
export const loadNodeIndex = (): Promise<IndexGlue> => start(modules.inkling)

/** The module that encodes. */
export const loadNodeEncoder = (): Promise<EncoderGlue> => start(modules['inkling-encoder'])

/** The module that builds. */
export const loadNodeBuild = (): Promise<BuildGlue> => start(modules['inkling-build'])
