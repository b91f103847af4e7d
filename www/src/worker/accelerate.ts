/** What computes in a worker, and why: the GPU where it was asked for, or measured to be faster with what is asked; else the CPU. */

import type { BackendOption, Choice } from '../types.js'
import { onCpu, whyCpu } from './choice.js'
import { messageOf } from './fetching.js'
import type { EncoderGlue } from './glue.js'
import type { ModelEncoder } from './model.js'
import { webGpu } from './simd.js'

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
  readonly #loadGpuGlue: () => Promise<EncoderGlue>
  #gpu: ModelEncoder | undefined
  #loading: Promise<void> | undefined
  #deciding = Promise.resolve()
  #choice: Choice

  constructor(cpu: CpuPart, backend: BackendOption = 'auto', loadGpuGlue: () => Promise<EncoderGlue>) {
    this.#cpu = cpu
    this.#backend = backend
    this.#loadGpuGlue = loadGpuGlue
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
    const made = await this.#cpu.again(await this.#loadGpuGlue(), this.#backend)
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
