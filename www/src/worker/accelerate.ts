/** What computes in a worker, and why: the GPU where it was asked for, is there, and is worth it; else the CPU. */

import type { Choice } from '../types.js'
import { type EncoderGlue, loadEncoderGlue, loadGpuGlue } from './glue.js'
import type { ModelEncoder } from './model.js'
import type { LoadOptions } from './protocol.js'

/** An encoder, once there is one; only that of the module for the GPU has something to decide. */
type Part = Pick<ModelEncoder, 'accelerate' | 'choice'> | undefined

/** Why the CPU computes, where there is nothing else or trying it broke off. */
let cpuWhy: string | undefined = 'the GPU was not asked for'

/** The module that encodes, for some options: the one with the GPU's half where that is asked for and this browser can use it. */
export async function loadGlueFor({ backend = 'cpu' }: LoadOptions, module?: WebAssembly.Module): Promise<EncoderGlue> {
  if (backend === 'cpu') return loadEncoderGlue(module)
  if (!('gpu' in navigator && navigator.gpu)) {
    cpuWhy = 'this browser has no WebGPU, or not for this page'
    return loadEncoderGlue(module)
  }
  try {
    const glue = await loadGpuGlue()
    cpuWhy = undefined
    return glue
  } catch (error) {
    cpuWhy = `the module for the GPU is not there: ${error instanceof Error ? error.message : error}`
    return loadEncoderGlue(module)
  }
}

/** What computes now, and why. */
export function choiceOf(part: Part): Choice {
  const cpu = { backend: 'cpu', bulk: 'cpu', adapter: null } as const
  return (cpuWhy === undefined && part?.choice()) || { ...cpu, why: cpuWhy ?? '' }
}

let deciding = Promise.resolve()

/** Tries the GPU when that is due; who asks meanwhile waits for the same. */
export function accelerate(part: Part): Promise<void> {
  deciding = deciding
    .then(() => part?.accelerate())
    .catch((error: unknown) => {
      cpuWhy = `trying the GPU broke off: ${error instanceof Error ? error.message : error}`
    })
  return deciding
}

/** The last choice that was told. */
let told = ''

/** Tells what computes when that has changed. A GPU that has failed, or that has not been tried yet, is tried now. */
export async function tellChoice(part: Part, tell: (choice: Choice) => void): Promise<void> {
  for (const work of [undefined, accelerate]) {
    await work?.(part)
    const choice = choiceOf(part)
    if (JSON.stringify(choice) === told) continue
    told = JSON.stringify(choice)
    tell(choice)
  }
}
