/**
 * What the page and its worker say to each other.
 *
 * The page sends {@link Request}s with ids that it never uses twice. The worker answers each with any number of
 * {@link Progress} messages and then exactly one result or error. Everything is plain data: the worker alone holds wasm.
 */
import type { ErrorData } from './errors.js'

/** How far a load has come. Bytes are counted over all files of this load, so that one bar can show them. */
export interface Progress {
  /** `download` from the site, `cache` from the browser's own storage, `prepare` once the bytes are there. */
  stage: 'download' | 'cache' | 'prepare'
  /** The file being read, as the manifest names it. */
  file: string
  /** Bytes so far. */
  loaded: number
  /** Bytes in all; at least `loaded`. */
  total: number
}

/** One answer to a query: a document, and the passage of it that matched best. */
export interface Hit<Fields = Record<string, unknown>> {
  id: string
  /** Higher is better; comparable only within one answer. */
  score: number
  title: string
  url?: string
  /** What the corpus said of the document beyond title and text: day, room, speakers… */
  fields: Fields
  /** `start` and `end` are UTF-16 offsets of `text` in the document's text. */
  passage: { text: string; start: number; end: number }
}

/** Milliseconds that each step of a query took. */
export interface Timings {
  tokenize: number
  encode: number
  scan: number
  documents: number
  total: number
}

/** The answer to a query. */
export interface QueryResult<Fields = Record<string, unknown>> {
  /** The best documents, best first; none for an empty query. */
  hits: Hit<Fields>[]
  /** What ranked them: `semantic` is by meaning. */
  mode: 'semantic'
  /** True when the query was longer than the model reads, so that only its beginning counted. */
  truncated: boolean
  timings: Timings
  /** What encoded the query. */
  backend: 'cpu'
}

/** What an encoder is made of. */
export interface EncoderInfo {
  /** The model's name, such as `sentence-transformers/all-MiniLM-L6-v2`. */
  model: string
  /** The length of a vector. */
  dim: number
  /** Tokens of a text that the model reads; the rest is cut off. */
  maxTokens: number
  backend: string
  /** The arithmetic in use, such as `relaxed-simd`. */
  kernel: string
}

/** What a search is made of. */
export interface SearchInfo extends EncoderInfo {
  documents: number
  passages: number
}

/** Settings of a load that the Rust side reads. */
export interface LoadOptions {
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
}

/** Settings of a query that the Rust side reads. */
export interface QuerySettings {
  /** How many hits to return, at least 1. */
  limit?: number
}

/** The methods of the worker: what they take and what they answer. */
export interface Methods {
  loadSearch: { params: { url: string; options: LoadOptions }; result: SearchInfo }
  loadModel: { params: Record<string, never>; result: SearchInfo }
  query: { params: { text: string; settings: QuerySettings }; result: QueryResult }
  loadEncoder: { params: { url: string; options: LoadOptions }; result: EncoderInfo }
  encode: { params: { texts: readonly string[] }; result: Float32Array[] }
}

/** The name of a worker method. */
export type Method = keyof Methods

/** Page to worker: run a method. */
export type Request = { [M in Method]: { id: number; method: M; params: Methods[M]['params'] } }[Method]

/** Worker to page: how far a request is, or how it ended. */
export type Reply =
  | { id: number; type: 'progress'; progress: Progress }
  | { id: number; type: 'result'; result: Methods[Method]['result'] }
  | { id: number; type: 'error'; error: ErrorData }
