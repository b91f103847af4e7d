/** The vectors of a large index: slices, each in a worker of its own below the search's, without shared memory. */

import type { Progress } from '../types.js'
import { Client } from './client.js'
import type { LoadOptions, SliceFile, SliceHits, SliceOutline } from './protocol.js'

/** The workers of an index's slices; the wasm of the search's worker asks them. None is started for an index of one file. */
export class SliceWorkers {
  readonly #url: string
  readonly #options: LoadOptions
  readonly #onProgress: (progress: Progress) => void
  #clients: Client[] = []

  constructor(url: string, options: LoadOptions, onProgress: (progress: Progress) => void) {
    this.#url = url
    this.#options = options
    this.#onProgress = onProgress
  }

  /** Starts the workers, which fetch their slices themselves; resolves to what is known of each. */
  open(
    files: readonly SliceFile[],
    documents: number,
    [before, total]: readonly [number, number],
  ): Promise<SliceOutline[]> {
    const loaded = files.map(() => 0)
    const load = (file: SliceFile, at: number) => {
      const client = (this.#clients[at] = new Client())
      return client.call('loadSlice', { url: this.#url, options: this.#options, file, documents }, (progress) => {
        loaded[at] = progress.loaded
        this.#onProgress({ ...progress, loaded: loaded.reduce((sum, bytes) => sum + bytes, before), total })
      })
    }
    return Promise.all(files.map(load))
  }

  /** Scans all slices at once. */
  scan(vector: Float32Array): Promise<SliceHits[]> {
    return Promise.all(this.#clients.map((client) => client.call('scanSlice', { vector })))
  }

  /** The mean of the vectors of some passages of one slice. */
  async mean(slice: number, first: number, end: number): Promise<Float32Array> {
    const [mean] = await this.#clients[slice]!.call('meanOfSlice', { first, end })
    return mean
  }

  /** The files of all slices, for saving. */
  files(): Promise<Uint8Array[]> {
    return Promise.all(this.#clients.map((client) => client.call('fileOfSlice', {})))
  }
}
