/** What computes in a worker, and why: the GPU where it was asked for, or measured to be faster with what is asked; else the CPU. */

import type { BackendOption, Choice } from '../types.js'
import { messageOf } from './fetching.js'
import { type EncoderGlue, loadGpuGlue } from './glue.js'
import type { ModelEncoder } from './model.js'
import { webGpu } from './simd.js'

/** Why the CPU computes as long as nothing has been tried. */
export function whyCpu(backend: BackendOption = 'auto'): string {
  if (backend === 'cpu') return 'the GPU was not asked for'
  if (!webGpu()) return 'this browser has no WebGPU, or not for this page'
  return 'the GPU is tried with many texts'
}

/** The choice of the CPU. */
export const onCpu = (why: string): Choice => ({ backend: 'cpu', bulk: 'cpu', adapter: null, why })

/** What encodes on the CPU. */
export interface CpuPart {
  encodeHere(text: string): Promise<Float32Array>
  /** The same model in the module for the GPU; or what computes, where the GPU is known to be slower. */
  again(glue: EncoderGlue, backend: BackendOption): Promise<ModelEncoder | Choice>
}

/** The CPU is timed as often as this: engines begin with slow code. */
const RUNS = 3

/** The GPU's part in what is encoded, beside the CPU: none before there is much to encode, or it was asked for by name. */
export class Accelerator {
  readonly #cpu: CpuPart
  readonly #backend: BackendOption
  #gpu: ModelEncoder | undefined
  #loading: Promise<void> | undefined
  #deciding = Promise.resolve()
  #choice: Choice

  constructor(cpu: CpuPart, backend: BackendOption = 'auto') {
    this.#cpu = cpu
    this.#backend = backend
    this.#choice = onCpu(whyCpu(backend))
  }

  /** What computes now, and why. */
  choice(): Choice {
    return this.#gpu?.choice() ?? this.#choice
  }

  /** What encodes on the GPU, if that does this work. */
  at(work: 'backend' | 'bulk'): ModelEncoder | undefined {
    return this.choice()[work] === 'webgpu' ? this.#gpu : undefined
  }

  /**
   * Before a part of some work: of much the GPU's module is fetched meanwhile, and then judged before the work goes on. Work that `waits` does so
   * for the module, too.
   */
  async turn(isMuch: boolean, waits = this.#backend === 'webgpu'): Promise<void> {
    if (isMuch || waits) this.#loading ??= this.#load().catch((error: unknown) => this.#letGo(onCpu(messageOf(error))))
    if (waits) await this.#loading
    await this.judge()
  }

  /** Judges a GPU that has been loaded, once, and once more after it has failed; who asks meanwhile waits for the same. */
  judge(): Promise<void> {
    this.#deciding = this.#deciding
      .then(async () => {
        await this.#gpu?.accelerate((tokens) => this.#seconds(tokens))
        const choice = this.#gpu?.choice()
        if (choice && !this.at('backend') && !this.at('bulk')) this.#letGo(choice)
      })
      .catch((error: unknown) => this.#letGo(onCpu(messageOf(error))))
    return this.#deciding
  }

  /** Lets go of a GPU that does nothing. */
  #letGo(choice: Choice): void {
    this.#gpu = undefined
    this.#choice = choice
  }

  async #load(): Promise<void> {
    const gpu = this.#backend === 'cpu' ? undefined : webGpu()
    if (!gpu) return
    if (!(await gpu.requestAdapter())) throw new Error('no GPU adapter')
    const made = await this.#cpu.again(await loadGpuGlue(), this.#backend)
    if ('why' in made) this.#letGo(made)
    else this.#gpu = made
  }

  /** The seconds that the CPU takes for a text of so many tokens. */
  async #seconds(tokens: number): Promise<number> {
    // Each is a token, and one is put before and one behind them.
    const text = 'a '.repeat(tokens - 2)
    let fastest = Infinity
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now()
      await this.#cpu.encodeHere(text)
      fastest = Math.min(fastest, performance.now() - start)
    }
    return fastest / 1000
  }
}
