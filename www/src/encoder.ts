/** Texts to vectors, without an index. */

import { cancelled, InklingError } from './errors.js'
import type { BackendOption, EncoderInfo, Progress } from './types.js'
import { Client, folderUrl, loadOptions, onAbort } from './worker/client.js'
import { Pool, workersFor } from './worker/pool.js'
import type { LoadOptions } from './worker/protocol.js'

export { similarity } from './similarity.js'

/** Options of {@link Encoder.load}. */
export interface EncoderOptions {
  /** The folder that `inkling model pull` wrote, as the site serves it: `/search/model/`. */
  url: string | URL
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
  /** What may compute. Default `auto`. */
  backend?: BackendOption
  /** Called while the model is loading. */
  onProgress?: (progress: Progress) => void
  /** Aborting it ends the load and the worker. Without effect once the promise has resolved. */
  signal?: AbortSignal
}

/** Options of {@link Encoder.encode}. */
export interface EncodeOptions {
  /** Aborting it rejects the call with the code `cancelled`. */
  signal?: AbortSignal
  /** Called as texts are done. */
  onProgress?: (progress: { done: number; total: number }) => void
  /**
   * Workers that share the texts, each with its own copy of the weights, about 45 MB. They are started for this call and
   * ended with it. Default: where the texts take longer than about a second, one for each processor but at most four;
   * otherwise, where files are not kept (`cache: false`), and where a GPU encodes, only the one that is there.
   */
  workers?: number
}

/** Turns texts into vectors, in a worker. */
export class Encoder {
  readonly #client: Client
  readonly #source: { url: string; options: LoadOptions }
  #info: EncoderInfo

  private constructor(client: Client, info: EncoderInfo, source: { url: string; options: LoadOptions }) {
    this.#client = client
    this.#info = info
    this.#source = source
    client.onChoice = (choice) => (this.#info = { ...this.#info, ...choice })
  }

  /** The model, the arithmetic in use, what computes and why. With `auto` that may change when many texts are encoded. */
  get info(): EncoderInfo {
    return this.#info
  }

  /**
   * Loads a model in a worker of its own.
   *
   * @throws InklingError with the codes that `createSearch` has, and `unsupported-model` for an architecture that this
   * version does not run.
   */
  static async load(options: EncoderOptions): Promise<Encoder> {
    const url = folderUrl(options?.url)
    const client = new Client()
    const stopListening = onAbort(options.signal, (error) => client.close(error))
    try {
      const source = { url, options: loadOptions(options) }
      return new Encoder(client, await client.call('loadEncoder', source, options.onProgress), source)
    } catch (error) {
      client.close(cancelled('the encoder failed to load', error))
      throw error
    } finally {
      stopListening()
    }
  }

  /** The length of every vector. */
  get dim(): number {
    return this.info.dim
  }

  /** Encodes texts: one vector of unit length for each, in order. A text longer than `info.maxTokens` is cut off there. */
  async encode(texts: readonly string[], options: EncodeOptions = {}): Promise<Float32Array[]> {
    if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
      throw new InklingError('invalid-input', 'encode() takes an array of strings')
    }
    const { workers, signal, onProgress } = options
    if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
      throw new InklingError('invalid-input', 'workers must be a whole number of at least 1')
    }
    const pool = new Pool(texts, onProgress, () => this.#info.bulk)
    return new Promise((resolve, reject) => {
      const stopListening = onAbort(signal, (error) => {
        pool.stop()
        reject(error)
      })
      if (signal?.aborted) return
      // A GPU leaves them nothing to do, and without stored files every helper would fetch the whole model again.
      const alone = this.#info.bulk === 'webgpu' || this.#source.options.cache === false
      const helpers = alone ? 0 : workersFor(texts, workers) - 1
      for (let i = 0; i < helpers; i++) void pool.help(() => this.#startHelper())
      pool.run(this.#client).then(resolve, reject).finally(stopListening)
    })
  }

  /** Tries the GPU now, when that is still due, and resolves to what computes from then on. Needed only to know it early. */
  async decideBackend(): Promise<EncoderInfo> {
    const choice = await this.#client.call('accelerate', {})
    return (this.#info = { ...this.#info, ...choice })
  }

  /** Ends the worker and frees its memory. What is in flight, and later calls, reject with the code `cancelled`. */
  dispose(): void {
    this.#client.close(cancelled('this encoder was disposed of: load another one'))
  }

  /** Another worker with the same model, on the module that this one's has compiled. */
  async #startHelper(): Promise<Client> {
    const { url, options } = this.#source
    const module = await this.#client.call('compiledModule', {})
    const client = new Client()
    try {
      await client.call('loadEncoder', { url, options: { ...options, backend: 'cpu' }, ...(module && { module }) })
      return client
    } catch (error) {
      client.close(cancelled('this helper failed to load', error))
      throw error
    }
  }
}
