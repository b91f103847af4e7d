/** The codes of a large index: slices, each in a worker of its own below the search's, without shared memory. */

import { cancelled, InklingError } from '../errors.js'
import type { Progress } from '../types.js'
import { Client } from './client.js'
import type { LoadOptions, SliceFile } from './protocol.js'

/** The workers of an index's slices. None is started for an index of one file. */
export class SliceWorkers {
  readonly #url: string
  readonly #options: LoadOptions
  readonly #onProgress: (progress: Progress) => void
  #clients: Client[] = []
  /** The first passage of each slice. */
  #first: number[] = []
  #opened: Promise<void> | undefined

  constructor(url: string, options: LoadOptions, onProgress: (progress: Progress) => void) {
    this.#url = url
    this.#options = options
    this.#onProgress = onProgress
  }

  /** Starts the workers, which fetch their slices of so many passages themselves. Asked again they are there. */
  open(files: readonly SliceFile[], counted: readonly [number, number], passages: number): Promise<void> {
    this.#opened ??= this.#start(files, counted, passages).catch((thrown: unknown) => {
      this.#opened = undefined
      throw thrown
    })
    return this.#opened
  }

  async #start(
    files: readonly SliceFile[],
    [before, total]: readonly [number, number],
    passages: number,
  ): Promise<void> {
    // Those of a load that has failed.
    for (const client of this.#clients) client.close(cancelled('the vectors are loaded again'))
    const loaded = files.map(() => 0)
    const load = (file: SliceFile, at: number) => {
      const client = (this.#clients[at] = new Client())
      return client.call('loadSlice', { url: this.#url, options: this.#options, file }, (progress) => {
        loaded[at] = progress.loaded
        this.#onProgress({ ...progress, loaded: loaded.reduce((sum, bytes) => sum + bytes, before), total })
      })
    }
    let sum = 0
    this.#first = []
    for (const inSlice of await Promise.all(files.map(load))) {
      this.#first.push(sum)
      sum += inSlice
    }
    if (sum !== passages) {
      const what = 'the files of vectors are not of this index: fetch or build all of them again'
      throw new InklingError('damaged-file', what)
    }
  }

  /** Scans all slices at once; resolves to the scores of all passages. */
  async scan(vector: Float32Array): Promise<Float32Array> {
    const found = await Promise.all(this.#clients.map((client) => client.call('scanSlice', { vector })))
    const scores = new Float32Array(found.reduce((sum, [{ length }]) => sum + length, 0))
    found.forEach(([scored], at) => scores.set(scored, this.#first[at]))
    return scores
  }

  /** The mean of the vectors of a document's passages, which lie in one slice. */
  async mean(first: number, end: number): Promise<Float32Array> {
    const slice = this.#first.findLastIndex((start) => start <= first)
    const start = this.#first[slice] ?? 0
    const [mean] = await this.#clients[slice]!.call('meanOfSlice', { first: first - start, end: end - start })
    return mean
  }

  /** The bytes of all slices, for saving. */
  parts(): Promise<Uint8Array[]> {
    return Promise.all(this.#clients.map((client) => client.call('partsOfSlice', {})))
  }
}
