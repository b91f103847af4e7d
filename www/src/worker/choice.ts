/** What computes as long as there is no GPU. */
import type { BackendOption, Choice } from '../types.js'
import { webGpu } from './simd.js'

/** Why the CPU computes as long as nothing has been tried. */
export function whyCpu(backend: BackendOption = 'auto'): string {
  if (backend === 'cpu') return 'the GPU was not asked for'
  if (!webGpu()) return 'this browser has no WebGPU, or not for this page'
  return 'the GPU is tried with many texts'
}

/** The choice of the CPU. */
export const onCpu = (why: string): Choice => ({ backend: 'cpu', bulk: 'cpu', adapter: null, why })
