/**
 * Search in an engine that runs elsewhere, for more passages than a browser should hold.
 *
 * `inkling export` fills the engine. The query is still encoded in the visitor's browser: the engine sees its vector, not
 * its text.
 */

import { Encoder, type EncoderOptions } from '../encoder.js'
import { InklingError } from '../errors.js'
import type { EncoderInfo, Filters, QueryOptions, QueryResult } from '../types.js'
import { onAbort } from '../worker/client.js'
import { Latest } from '../worker/latest.js'
import { allowed, type Operators, operators } from './operators.js'

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

/** An engine finds passages, a visitor wants documents: so many times more are asked for, */
const PASSAGES_PER_DOCUMENT = 4

/** and that many times as many again, this often, when they are of too few documents. */
const ROUNDS_MAX = 3

/** How many milliseconds an engine may take for an answer. */
const DEADLINE = 20_000

const DEFAULT_LIMIT = 3

/** So few that hardly anything is refused: where nobody says how many documents an engine holds. */
const DOCUMENTS = 20

/** From so many on, more of them were never tried. */
const DOCUMENTS_MAX = 5000

/** As the crate's `fusion.rs` has it: documents are found down to this share of the best score, */
const SHARE_OF_BEST = 0.1

/** and by meaning alone a passage of a cosine is so likely to be relevant. `tests/unit/contract.test.ts` holds both to the crate. */
function scoreOf(cosine: number): number {
  return 1 / (1 + Math.exp(4.77 - 7.06 * cosine))
}

/** The least score of a hit that is shown where nobody says: nothing is where even the best is far. Of many cosines the best is high by chance. */
function leastScore(best: { cosine: number; score: number } | undefined, documents: number): number {
  const isClose = best && 23.7 * best.cosine - 0.9 * Math.log(Math.min(documents, DOCUMENTS_MAX)) >= 1.2
  return isClose ? best.score * SHARE_OF_BEST : Number.POSITIVE_INFINITY
}

/** Options of {@link createRemoteSearch}. */
export interface RemoteSearchOptions extends EncoderOptions {
  /** How many documents the engine holds: the more, the nearer the best must be for anything to be shown. Without it little is held back. */
  documents?: number
}

/** An encoder, as far as it is used here. */
export type EncoderLike = Pick<Encoder, 'encode' | 'dispose' | 'info'>

/** Options of {@link RemoteSearch.query}: those of `Search.query` that an engine elsewhere can obey. */
export type RemoteQueryOptions = Pick<QueryOptions, 'limit' | 'filters' | 'minScore' | 'signal'>

/**
 * Loads the model in a worker, for queries to an engine that holds the vectors: `qdrant(…)`, `pgvector(…)`, or one of your own.
 * `options.url` is the folder of the model, as for `Encoder.load`: `/search/model/`. The engine gets vectors, never texts.
 *
 * @throws InklingError as `Encoder.load` does, and `invalid-input` for what is no engine.
 */
export async function createRemoteSearch<Fields = Record<string, unknown>>(
  remote: Remote<Fields>,
  options: RemoteSearchOptions,
): Promise<RemoteSearch<Fields>> {
  if (typeof remote?.search !== 'function') {
    throw new InklingError(
      'invalid-input',
      'remote is no engine: give qdrant(…), pgvector(…), or an object with a method search()',
    )
  }
  return new RemoteSearch(await Encoder.load(options), remote, options.documents)
}

/** An encoder here and an engine elsewhere. It answers by meaning alone. Made by {@link createRemoteSearch}. */
export class RemoteSearch<Fields = Record<string, unknown>> {
  readonly #encoder: EncoderLike
  readonly #remote: Remote<Fields>
  readonly #documents: number
  readonly #latest = new Latest()

  /** @internal */
  constructor(encoder: EncoderLike, remote: Remote<Fields>, documents = DOCUMENTS) {
    this.#encoder = encoder
    this.#remote = remote
    this.#documents = documents
  }

  /** The model, the arithmetic in use, what computes and why. How much the engine holds is not known here. */
  get info(): EncoderInfo {
    return this.#encoder.info
  }

  /**
   * Finds the documents that answer a text best, each by its best passage. A later query cancels an earlier one that is not
   * answered yet, as with `Search.query`. An empty text finds none and asks nobody. Words in quotes and words after `-` are held against
   * title, fields and those passages of a document that the engine returned, spelt so; what is excluded is not encoded.
   *
   * @throws InklingError `network` when the engine fails, with its words; `invalid-input` for options that it cannot obey.
   */
  query(text: string, options: RemoteQueryOptions = {}): Promise<QueryResult<Fields>> {
    if (typeof text !== 'string') return Promise.reject(new InklingError('invalid-input', 'query() takes a string'))
    return this.#latest.run((signal) => this.#query(text, options, signal), options.signal)
  }

  /** Ends the worker and frees its memory. What is in flight, and later calls, reject with the code `cancelled`. */
  dispose(): void {
    this.#encoder.dispose()
  }

  async #query(text: string, options: RemoteQueryOptions, signal: AbortSignal): Promise<QueryResult<Fields>> {
    const { limit = DEFAULT_LIMIT, filters, minScore = 'auto' } = options
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new InklingError('invalid-input', 'limit must be a whole number of at least 1')
    if (minScore !== 'auto' && !(minScore >= 0 && minScore <= 1))
      throw new InklingError('invalid-input', "minScore must be a number from 0 to 1, or 'auto'")
    const { mode, sort, facets = [] } = options as QueryOptions
    if ((mode !== undefined && mode !== 'semantic') || sort !== undefined || facets.length > 0) {
      throw new InklingError(
        'invalid-input',
        'an engine elsewhere answers by meaning alone: leave out mode, sort and facets',
      )
    }
    const start = performance.now()
    const signs = operators(text)
    const asked = (this.#encoder.info.prompts?.query ?? '') + signs.wanted
    const vector = signs.wanted.trim() === '' ? undefined : (await this.#encoder.encode([asked], { signal }))[0]
    const encoded = performance.now()
    const found = vector ? await this.#nearest(vector, signs, limit, { ...(filters && { filters }), signal }) : []
    const end = performance.now()
    const hits = found.map((hit) => ({ ...hit, score: scoreOf(hit.cosine), bm25: 0, matches: [], titleMatches: [] }))
    const least = minScore === 'auto' ? leastScore(hits[0], this.#documents) : minScore
    const close = hits.filter(({ score }) => score >= least)
    const timings = {
      words: 0,
      tokenize: 0,
      encode: encoded - start,
      scan: end - encoded,
      rank: 0,
      documents: 0,
      total: end - start,
    }
    return {
      hits: close,
      found: close.length,
      mode: 'semantic',
      facets: {},
      truncated: false,
      partial: false,
      timings,
      backend: this.#encoder.info.backend,
    }
  }

  /** The nearest documents, each by its nearest passage. */
  async #nearest(
    vector: Float32Array,
    signs: Operators,
    limit: number,
    options: Omit<RemoteOptions, 'limit'>,
  ): Promise<RemoteHit<Fields>[]> {
    let asked = limit
    for (let round = 1; ; round++) {
      asked *= PASSAGES_PER_DOCUMENT
      const passages = await untilAborted(
        (signal) => this.#remote.search(vector, { ...options, limit: asked, signal }),
        options.signal,
      )
      const documents = new Map<string, RemoteHit<Fields>>()
      for (const hit of allowed(passages, signs)) if (!documents.has(hit.id)) documents.set(hit.id, hit)
      if (documents.size >= limit || passages.length < asked || round === ROUNDS_MAX)
        return [...documents.values()].slice(0, limit)
    }
  }
}

/** Waits for an engine, but not after an abort, nor for ever, whether its client knows of signals or not. */
function untilAborted<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController()
    const end = (error: InklingError) => {
      reject(error)
      stop.abort(error)
    }
    const stopListening = onAbort(signal, end)
    if (signal?.aborted) return
    const late = `the remote engine has not answered for ${DEADLINE / 1000} seconds: is it there?`
    const timer = setTimeout(() => end(new InklingError('network', late)), DEADLINE)
    const failed = (cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      reject(
        cause instanceof InklingError
          ? cause
          : new InklingError('network', `the remote engine failed: ${why}`, { cause }),
      )
    }
    // The call stands inside a promise, so that an engine which throws at once is caught, too.
    const asked = Promise.resolve(stop.signal).then(work)
    asked.then(resolve, failed).finally(() => {
      clearTimeout(timer)
      stopListening()
    })
  })
}

/** What `inkling export` writes for a value of a field: `FIELD=VALUE`, with `\` before each `=` and `\` of the field's name. */
export function filterKey(field: string, value: string): string {
  return `${field.replace(/[\\=]/g, '\\$&')}=${value}`
}
