/**
 * Search in an engine that runs elsewhere, for more passages than a browser should hold.
 *
 * `inkling export` fills the engine. The query is still encoded in the visitor's browser: the engine sees its vector, not
 * its text.
 */
import { onAbort } from './client.js'
import { Encoder, type EncoderOptions } from './encoder.js'
import { InklingError } from './errors.js'
import type { EncoderInfo, Filters } from './protocol.js'

/** A passage that an engine found. */
export interface RemoteHit<Fields = Record<string, unknown>> {
  /** The id of its document. */
  id: string
  /** The cosine of query and passage, from -1 to 1. */
  cosine: number
  title: string
  url?: string
  /** What the corpus said of the document beyond title and text: day, room, speakers… */
  fields: Fields
  /** `start` and `end` are UTF-16 offsets of `text` in the document's text. */
  passage: { text: string; start: number; end: number }
}

/** What an engine is asked for. */
export interface RemoteOptions {
  /** How many passages to return. */
  limit: number
  /** Only passages of documents with these values are found. */
  filters?: Filters
  /** Aborting it ends the request, where the engine's client can do that. */
  signal?: AbortSignal
}

/** An engine that holds the vectors: the one method to write for one that has no adapter here. */
export interface Remote<Fields = Record<string, unknown>> {
  /** The passages nearest to a vector of unit length, nearest first; several may be of one document. */
  search(vector: Float32Array, options: RemoteOptions): Promise<RemoteHit<Fields>[]>
}

/** Options of {@link createRemoteSearch}. */
export interface RemoteSearchOptions<Fields = Record<string, unknown>> extends Omit<EncoderOptions, 'url'> {
  /** The folder of the model that the index was made with, as the site serves it: `/search/model/`. */
  model: string | URL
  /** The engine: `qdrant(…)`, `pgvector(…)`, or one of your own. */
  remote: Remote<Fields>
}

/** Options of {@link RemoteSearch.query}. */
export interface RemoteQueryOptions {
  /** How many documents to return, at least 1. Default 3. */
  limit?: number
  /** Only documents with these values are found. Default none. */
  filters?: Filters
  /** Aborting it rejects the query with the code `cancelled`. */
  signal?: AbortSignal
}

/** The answer to a query. */
export interface RemoteResult<Fields = Record<string, unknown>> {
  /** The best documents, best first, each by the best of its passages. */
  hits: RemoteHit<Fields>[]
  /** What ranked them: meaning alone. */
  mode: 'semantic'
  /** Milliseconds that each step took. */
  timings: { encode: number; remote: number; total: number }
}

const DEFAULT_LIMIT = 3

/** An engine finds passages, a visitor wants documents: so many times more are asked for, */
const PASSAGES_PER_DOCUMENT = 4

/** and that many times as many again, this often, when they are of too few documents. */
const ROUNDS_MAX = 3

/**
 * Loads a model that encodes queries for an engine elsewhere.
 *
 * @throws InklingError with the codes of `Encoder.load`.
 */
export async function createRemoteSearch<Fields = Record<string, unknown>>(
  options: RemoteSearchOptions<Fields>,
): Promise<RemoteSearch<Fields>> {
  if (typeof options?.remote?.search !== 'function') {
    throw new InklingError('invalid-input', 'remote is missing: give qdrant(…), pgvector(…), or an object with a method search()')
  }
  const { model, remote, ...rest } = options
  return new RemoteSearch(await Encoder.load({ ...rest, url: model }), remote)
}

/** A model and an engine: ask them with {@link RemoteSearch.query}. Made by {@link createRemoteSearch}. */
export class RemoteSearch<Fields = Record<string, unknown>> {
  readonly #encoder: Pick<Encoder, 'encode' | 'dispose' | 'info'>
  readonly #remote: Remote<Fields>

  /** @internal */
  constructor(encoder: Pick<Encoder, 'encode' | 'dispose' | 'info'>, remote: Remote<Fields>) {
    this.#encoder = encoder
    this.#remote = remote
  }

  /** The model and the arithmetic in use. */
  get info(): EncoderInfo {
    return this.#encoder.info
  }

  /**
   * Finds the documents whose passages are nearest in meaning to a text. A text without a word finds nothing.
   *
   * @throws InklingError `network`, `unauthorized` or `not-found` when the engine does not answer the request,
   * `invalid-input` when it refuses it, `cancelled` when the signal is aborted.
   */
  async query(text: string, options: RemoteQueryOptions = {}): Promise<RemoteResult<Fields>> {
    const { limit = DEFAULT_LIMIT, filters, signal } = options
    if (typeof text !== 'string') throw new InklingError('invalid-input', 'query() takes a text')
    if (!Number.isSafeInteger(limit) || limit < 1) throw new InklingError('invalid-input', `limit is ${limit}: give a whole number from 1`)
    const start = performance.now()
    const vector = text.trim() === '' ? undefined : (await this.#encoder.encode([text], signal ? { signal } : {}))[0]
    const encoded = performance.now()
    const hits = vector ? await this.#documents(vector, limit, { ...(filters && { filters }), ...(signal && { signal }) }) : []
    const end = performance.now()
    return { hits, mode: 'semantic', timings: { encode: encoded - start, remote: end - encoded, total: end - start } }
  }

  /** Ends the worker and frees its memory. Later queries reject with the code `cancelled`. */
  dispose(): void {
    this.#encoder.dispose()
  }

  /** The nearest documents, each by its nearest passage. */
  async #documents(vector: Float32Array, limit: number, options: Omit<RemoteOptions, 'limit'>): Promise<RemoteHit<Fields>[]> {
    let asked = limit
    for (let round = 1; ; round++) {
      asked *= PASSAGES_PER_DOCUMENT
      const passages = await untilAborted(() => this.#remote.search(vector, { ...options, limit: asked }), options.signal)
      const documents = new Map<string, RemoteHit<Fields>>()
      for (const hit of passages) if (!documents.has(hit.id)) documents.set(hit.id, hit)
      if (documents.size >= limit || passages.length < asked || round === ROUNDS_MAX) return [...documents.values()].slice(0, limit)
    }
  }
}

/** Waits for an engine, but not after an abort, whether its client knows of signals or not. */
function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, reject)
    if (signal?.aborted) return
    const failed = (cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      reject(cause instanceof InklingError ? cause : new InklingError('network', `the remote engine failed: ${why}`, { cause }))
    }
    // The call stands inside a promise, so that an engine which throws at once is caught, too.
    Promise.resolve().then(work).then(resolve, failed).finally(stopListening)
  })
}

/** What `inkling export` writes for a value of a field: `FIELD=VALUE`, with `\` before each `=` and `\` of the field's name. */
export function filterKey(field: string, value: string): string {
  return `${field.replace(/[\\=]/g, '\\$&')}=${value}`
}
