import { Client, folderUrl, onAbort } from './client.js'
import { cancelled, InklingError } from './errors.js'
import { Latest } from './latest.js'
import type { Progress, QueryResult, QuerySettings, SearchInfo } from './protocol.js'

/** Options of {@link createSearch}. */
export interface SearchOptions {
  /** The folder that `inkling index` wrote, as the site serves it: `/search/`. Relative addresses start at the page. */
  url: string | URL
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
  /** Called while the index, then the model, is loading. */
  onProgress?: (progress: Progress) => void
  /** Aborting it ends the load and the worker. Without effect once `createSearch` has resolved. */
  signal?: AbortSignal
}

/** Options of {@link Search.query}. */
export interface QueryOptions {
  /** How many hits to return, at least 1. Default 3. */
  limit?: number
  /** Aborting it rejects the query with the code `cancelled`. */
  signal?: AbortSignal
}

/**
 * Loads the index of a site in a worker and begins to load its model.
 *
 * Resolves when the index is there; `search.semantic` resolves when the model is, too.
 *
 * @throws InklingError when a file is missing (`not-found`), altered (`hash-mismatch`), cut short (`damaged-file`),
 * or made for another version (`unsupported-format`), and when the network fails (`network`).
 */
export async function createSearch<Fields = Record<string, unknown>>(options: SearchOptions): Promise<Search<Fields>> {
  const url = folderUrl(options?.url)
  const client = new Client()
  const stopListening = onAbort(options.signal, (error) => client.close(error))
  try {
    const settings = options.cache === undefined ? {} : { cache: options.cache }
    const info = await client.call('loadSearch', { url, options: settings }, options.onProgress)
    return new Search<Fields>(client, info, options.onProgress)
  } catch (error) {
    client.close(cancelled('the search failed to load', error))
    throw error
  } finally {
    stopListening()
  }
}

/** A loaded index: ask it with {@link Search.query}. Made by {@link createSearch}. */
export class Search<Fields = Record<string, unknown>> {
  /**
   * Resolves when the model is ready and rejects when it cannot be loaded. It need not be handled: until then
   * `query()` waits, and if the model fails, `query()` rejects with the same error.
   */
  readonly semantic: Promise<void>
  readonly #client: Client
  readonly #latest = new Latest()
  #info: SearchInfo

  /** @internal */
  constructor(client: Client, info: SearchInfo, onProgress?: (progress: Progress) => void) {
    this.#client = client
    this.#info = info
    this.semantic = this.#loadModel(onProgress)
    this.semantic.catch(() => {})
  }

  /** The model, the arithmetic in use, and the size of the index. */
  get info(): SearchInfo {
    return this.#info
  }

  /**
   * Finds the documents that answer a text best. An empty text has no hits.
   *
   * Made for search as you type: a later query cancels an earlier one that is not answered yet. The earlier promise
   * rejects with an {@link InklingError} whose code is `cancelled` and whose name is `AbortError`.
   */
  query(text: string, options: QueryOptions = {}): Promise<QueryResult<Fields>> {
    if (typeof text !== 'string') return Promise.reject(new InklingError('invalid-input', 'query() takes a string'))
    const settings: QuerySettings = options.limit === undefined ? {} : { limit: options.limit }
    return this.#latest.run(async (signal) => {
      await this.semantic
      signal.throwIfAborted()
      return (await this.#client.call('query', { text, settings })) as QueryResult<Fields>
    }, options.signal)
  }

  /** Ends the worker and frees its memory. What is in flight, and later queries, reject with the code `cancelled`. */
  dispose(): void {
    this.#client.close(cancelled('this search was disposed of: create another one'))
  }

  async #loadModel(onProgress?: (progress: Progress) => void): Promise<void> {
    this.#info = await this.#client.call('loadModel', {}, onProgress)
  }
}
