import { Client, folderUrl, onAbort } from './client.js'
import { cancelled, InklingError } from './errors.js'
import type { EncoderInfo, Progress } from './protocol.js'

/** Options of {@link Encoder.load}. */
export interface EncoderOptions {
  /** The folder that `inkling model pull` wrote, as the site serves it: `/search/model/`. */
  url: string | URL
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
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
}

/** Texts sent to the worker at a time: few, so that progress moves and cancelling takes effect soon. */
const TEXTS_PER_CALL = 8

/** Turns texts into vectors, in a worker. */
export class Encoder {
  /** The model and the arithmetic in use. */
  readonly info: EncoderInfo
  readonly #client: Client

  private constructor(client: Client, info: EncoderInfo) {
    this.#client = client
    this.info = info
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
      const settings = options.cache === undefined ? {} : { cache: options.cache }
      return new Encoder(client, await client.call('loadEncoder', { url, options: settings }, options.onProgress))
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
    return new Promise((resolve, reject) => {
      let stopped = false
      const stopListening = onAbort(options.signal, (error) => {
        stopped = true
        reject(error)
      })
      this.#encodeInSteps(texts, options, () => stopped).then(resolve, reject).finally(stopListening)
    })
  }

  /** Ends the worker and frees its memory. What is in flight, and later calls, reject with the code `cancelled`. */
  dispose(): void {
    this.#client.close(cancelled('this encoder was disposed of: load another one'))
  }

  async #encodeInSteps(texts: readonly string[], { onProgress }: EncodeOptions, stopped: () => boolean): Promise<Float32Array[]> {
    const vectors: Float32Array[] = []
    while (vectors.length < texts.length && !stopped()) {
      vectors.push(...(await this.#client.call('encode', { texts: texts.slice(vectors.length, vectors.length + TEXTS_PER_CALL) })))
      if (!stopped()) onProgress?.({ done: vectors.length, total: texts.length })
    }
    return vectors
  }
}
