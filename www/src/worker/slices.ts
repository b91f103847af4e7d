/** The codes of a large index: slices, each in a worker of its own below the search's, without shared memory. */

import { cancelled } from '../errors.js'
import type { Progress } from '../types.js'
import { Client } from './client.js'
import type { LoadOptions, SliceFile } from './protocol.js'

/** The workers of an index's slices; the wasm of the search's worker asks them. None is started for an index of one file. */
export class SliceWorkers {
  readonly #url: string
  readonly #options: LoadOptions
  readonly #onProgress: (progress: Progress) => void
  #clients: Client[] = []
  #opened: Promise<number[]> | undefined

  constructor(url: string, options: LoadOptions, onProgress: (progress: Progress) => void) {
    this.#url = url
    this.#options = options
    this.#onProgress = onProgress
  }

  /** Starts the workers, which fetch their slices themselves; resolves to how many passages each has. Asked again it says so. */
  open(files: readonly SliceFile[], counted: readonly [number, number]): Promise<number[]> {
    this.#opened ??= this.#start(files, counted).catch((thrown: unknown) => {
      this.#opened = undefined
      throw thrown
    })
    return this.#opened
  }

  #start(files: readonly SliceFile[], [before, total]: readonly [number, number]): Promise<number[]> {
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
    return Promise.all(files.map(load))
  }

  /** Scans all slices at once; resolves to the scores of each. */
  async scan(vector: Float32Array): Promise<Float32Array[]> {
    const found = await Promise.all(this.#clients.map((client) => client.call('scanSlice', { vector })))
    return found.flat()
  }

  /** The mean of the vectors of some passages of one slice. */
  async mean(slice: number, first: number, end: number): Promise<Float32Array> {
    const [mean] = await this.#clients[slice]!.call('meanOfSlice', { first, end })
    return mean
  }

  /** The bytes of all slices, for saving. */
  parts(): Promise<Uint8Array[]> {
    return Promise.all(this.#clients.map((client) => client.call('partsOfSlice', {})))
  }
}
