/**
 * Encoding many texts by several workers. They talk by messages alone, so no cross-origin isolation is needed. The
 * helpers share the compiled module and have a copy of the weights each; they live as long as the work.
 */

import { cancelled } from '../errors.js'
import type { Backend } from '../types.js'
import { isBulk } from './bulk.js'
import type { Client } from './client.js'

/** Texts sent to a worker at a time: few, so that progress moves and cancelling takes effect soon. A GPU wants more. */
const TEXTS_PER_CALL = { cpu: 8, webgpu: 256 }

/** Texts of so many characters take one worker about a second: from there on others are worth their start. */
const BULK_CHARACTERS = 30_000

/** Workers that a bulk gets unless the caller says how many: more would be too much memory, and heat, for a phone. */
const DEFAULT_WORKERS = 4

/** How many workers some texts are worth: for a bulk as many as the device has processors, within reason; else one. */
export function workersFor(texts: readonly string[], asked: number | undefined): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  const processors = globalThis.navigator?.hardwareConcurrency ?? 1
  const workers = asked ?? (characters < BULK_CHARACTERS ? 1 : Math.min(processors, DEFAULT_WORKERS))
  return Math.min(workers, Math.ceil(texts.length / TEXTS_PER_CALL.cpu))
}

/** Some texts on their way through several workers, the longest first, so that all workers end at about the same time. */
export class Pool {
  readonly #texts: readonly string[]
  readonly #vectors: Float32Array[]
  /** The texts that no worker has yet, by their place. */
  readonly #waiting: number[]
  readonly #helpers = new Set<Client>()
  readonly #onProgress: ((progress: { done: number; total: number }) => void) | undefined
  readonly #bulk: () => Backend
  readonly #isMuch: boolean
  #done = 0
  #over = false
  /** Called when a helper has done its part, or has given it back. */
  #wake = () => {}

  /** `bulk` tells what encodes in the worker that {@link Pool.run} is given; helpers have the CPU. */
  constructor(
    texts: readonly string[],
    onProgress?: (progress: { done: number; total: number }) => void,
    bulk: () => Backend = () => 'cpu',
  ) {
    this.#texts = texts
    this.#bulk = bulk
    this.#isMuch = isBulk(texts)
    this.#onProgress = onProgress
    this.#vectors = Array.from({ length: texts.length })
    this.#waiting = [...texts.keys()].sort((a, b) => (texts[b]?.length ?? 0) - (texts[a]?.length ?? 0))
  }

  /** Lets a helper take part as soon as it has started. Where it cannot start, or fails, the others do its share. */
  async help(start: () => Promise<Client>): Promise<void> {
    try {
      const client = await start()
      if (this.#over) return client.close(ENDED)
      this.#helpers.add(client)
      await this.#work(client, () => 'cpu')
    } catch {
      // What it had is waiting again.
    }
    this.#wake()
  }

  /** Does what the helpers leave. Resolves with the vectors, in the order of the texts, when all are there. */
  async run(own: Client): Promise<Float32Array[]> {
    try {
      while (!this.#over && this.#done < this.#texts.length) {
        await this.#work(own, this.#bulk)
        if (this.#over || this.#done === this.#texts.length) break
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      return this.#vectors
    } finally {
      this.stop()
    }
  }

  /** Ends the helpers. */
  stop(): void {
    this.#over = true
    for (const client of this.#helpers) client.close(ENDED)
    this.#wake()
  }

  /** Encodes waiting texts until none is left. */
  async #work(client: Client, bulk: () => Backend): Promise<void> {
    while (!this.#over && this.#waiting.length > 0) {
      const part = this.#waiting.splice(0, TEXTS_PER_CALL[bulk()])
      try {
        const texts = part.map((place) => this.#texts[place] ?? '')
        const vectors = await client.call('encode', { texts, isMuch: this.#isMuch })
        part.forEach((place, at) => (this.#vectors[place] = vectors[at] as Float32Array))
      } catch (error) {
        this.#waiting.unshift(...part)
        throw error
      }
      this.#done += part.length
      if (!this.#over) this.#onProgress?.({ done: this.#done, total: this.#texts.length })
      this.#wake()
    }
  }
}

const ENDED = cancelled('the work of this helper is over')
