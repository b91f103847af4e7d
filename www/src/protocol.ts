/**
 * What the page and its worker say to each other.
 *
 * The page sends {@link Request}s with ids that it never uses twice. The worker answers each with any number of progress
 * messages and then exactly one result or error. Everything is plain data: the worker alone holds wasm.
 */
import type { ErrorData } from './errors.js'

/** How far a load has come. Bytes are counted over all files of this load, so that one bar can show them. */
export interface Progress {
  /** `download` from the site, `cache` from the browser's own storage or from `files`, `prepare` once the bytes are there. */
  stage: 'download' | 'cache' | 'prepare'
  /** The file being read, as the manifest names it. */
  file: string
  /** Bytes so far. */
  loaded: number
  /** Bytes in all; at least `loaded`. */
  total: number
}

/** How much of some work is done. */
export interface Step {
  done: number
  total: number
}

/** What ranks documents: words and meaning together (`hybrid`), meaning alone, or words alone (`lexical`). */
export type Mode = 'hybrid' | 'semantic' | 'lexical'

/** Which values each field must have: one of those listed, for every field listed. */
export type Filters = Readonly<Record<string, readonly string[]>>

/** A part of a text, as the UTF-16 offsets that `String.slice` takes: start, and end (exclusive). */
export type TextRange = [start: number, end: number]

/** One answer to a query: a document, and the passage of it that matched best. */
export interface Hit<Fields = Record<string, unknown>> {
  id: string
  /** How likely the document is to be relevant, from 0 to 1: an estimate that can be compared between queries. */
  score: number
  /** The cosine of query and passage, from -1 to 1; 0 where meaning was not asked. */
  cosine: number
  /** The score by words (BM25); 0 where no word matches. Comparable only within one answer. */
  bm25: number
  title: string
  url?: string
  /** What the corpus said of the document beyond title and text: day, room, speakers… */
  fields: Fields
  /** `start` and `end` are UTF-16 offsets of `text` in the document's text. */
  passage: { text: string; start: number; end: number }
  /** The parts of `passage.text` that match words of the query, in order. */
  matches: TextRange[]
  /** The parts of `title` that do. */
  titleMatches: TextRange[]
}

/** A value of a field, and how many of the documents found have it. */
export interface FacetCount {
  value: string
  count: number
}

/** Milliseconds that each step of a query took; 0 for a step that was not needed. */
export interface Timings {
  /** Looking up its words. */
  words: number
  /** Text to tokens. */
  tokenize: number
  /** Tokens to a vector. */
  encode: number
  /** The vector against those of all passages. */
  scan: number
  /** Fusion, filters, order and counts. */
  rank: number
  /** Reading, and if need be fetching, the documents shown. */
  documents: number
  total: number
}

/** The answer to a query. */
export interface QueryResult<Fields = Record<string, unknown>> {
  /** The best documents, best first; none when nothing is close. */
  hits: Hit<Fields>[]
  /** How many documents were found in all, of which `hits` are the first. */
  found: number
  /** What ranked them: `lexical` as long as the model is not there. */
  mode: Mode
  /** For each field asked for, how many of the documents found have each of its values, most frequent first. */
  facets: Record<string, FacetCount[]>
  /** The query as it was read, where that is not how it was typed: with misspelt words put right. Only of `hybrid` answers. */
  corrected?: string
  /** True when the query was longer than is read, so that only its beginning counted. */
  truncated: boolean
  timings: Timings
  /** What encoded this query; `cpu` also where nothing had to be encoded. */
  backend: Backend
}

/** A document to add. Its passages are cut and encoded as those of the index were. */
export interface SearchDocument<Fields = Record<string, unknown>> {
  /** Unique; a document of the same id is replaced. */
  id: string
  title: string
  url?: string
  text?: string
  /** What a hit should show or a filter should use: strings, numbers, lists of strings. */
  fields?: Fields
}

/** A file of a saved index: where it belongs in the folder of the search, and what is in it. */
export interface SavedFile {
  path: string
  bytes: Uint8Array<ArrayBuffer>
}

/** What computes vectors. */
export type Backend = 'cpu' | 'webgpu'

/**
 * What may compute. Everything but `cpu` loads a larger module. `auto` tries the GPU in the background once something has been encoded, compares its vectors with the
 * CPU's, measures both, and lets it do what it does faster. A GPU in software counts as none. `webgpu` takes whatever GPU
 * there is for everything. In any case the CPU does what the GPU cannot, and steps in when it fails.
 */
export type BackendOption = 'auto' | Backend

/** What computes now, and why. */
export interface Choice {
  /** What encodes queries: single texts of up to 64 tokens. */
  backend: Backend
  /** What encodes many texts, and long ones. */
  bulk: Backend
  /** The GPU's name, once it has been tried. */
  adapter: string | null
  /** Why it is so: what was asked for, measured, or went wrong. */
  why: string
}

/** What an encoder is made of. */
export interface EncoderInfo extends Choice {
  /** The model's name, such as `sentence-transformers/all-MiniLM-L6-v2`. */
  model: string
  /** The length of a vector. */
  dim: number
  /** Tokens of a text that the model reads; the rest is cut off. 0 as long as a search has not loaded its model. */
  maxTokens: number
  /** The arithmetic in use, such as `relaxed-simd`. */
  kernel: string
}

/** What a search is made of. */
export interface SearchInfo extends EncoderInfo {
  documents: number
  passages: number
}

/** Settings of a load that the Rust side reads. An empty `url` beside them means that there is nothing but `files`. */
export interface LoadOptions {
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
  /** Files that are not to be fetched, by their path below the folder. */
  files?: ReadonlyMap<string, Uint8Array>
  /** What may compute. Default `cpu`. */
  backend?: BackendOption
}

/** How a corpus file is written: `xml` is the schedule of a conference as frab, Pentabarf and pretalx write it, `ics` a calendar. */
export type CorpusFormat = 'json' | 'jsonl' | 'csv' | 'xml' | 'ics'

/** Settings of a build that the Rust side reads. */
export interface BuildSettings {
  /** How the text is written. Default: what the name and the first character suggest. */
  format?: CorpusFormat
  /** Which columns or keys are kept beside id, title, address and text. Default all. */
  fields?: readonly string[]
  /** The language of the words: `en`, `de`, …; `none` for no word forms. Default `auto`: it is guessed. */
  language?: string
  /** Most tokens of a passage, title included, at least 16. More make fewer, longer passages. Default 200. */
  passageTokens?: number
  /** Tokens that a passage shares with the one before it; below half of `passageTokens`. Default 40. */
  overlap?: number
}

/** What an index is built from: documents, or the bytes of a file and its name. */
export type BuildSource = { documents: readonly SearchDocument<unknown>[] } | { bytes: Uint8Array; name: string }

/** How far a build has come. */
export interface BuildProgress {
  /** `read`: the documents; `model`: bytes of the model that have come; `encode`: passages that have been encoded. */
  stage: 'read' | 'model' | 'encode'
  done: number
  total: number
}

/** A new index. */
export interface BuiltIndex {
  /** Every file of the folder that a site serves, those of the model included; the manifest is last. */
  files: SavedFile[]
  documents: number
  passages: number
}

/** Settings of a query that the Rust side reads. */
export interface QuerySettings {
  /** How many hits to return, at least 1. Default 3. */
  limit?: number
  /**
   * What ranks the documents. Default `hybrid`: words and meaning together, and words alone until the model is there.
   * `semantic` waits for the model, and rejects when it cannot be loaded.
   */
  mode?: Mode
  /** Only documents with these values are found. With filters an empty text finds all that pass. Default none. */
  filters?: Filters
  /** A field to order what is found by, ascending, instead of by rank; with it an empty text finds all. Default none. */
  sort?: string
  /** Fields whose values to count. A field's own filter is left out of its counts: others could be chosen. Default none. */
  facets?: readonly string[]
  /** True also finds documents that are hardly about the query. Default false: then such a query has no hits. */
  far?: boolean
}

/** A file of vectors, as the manifest has it. */
export interface SliceFile {
  path: string
  bytes: number
  sha256: string
}

/** What is known of a slice's passages: the length of a vector, then for each its document, start and end in bytes. */
export type SliceOutline = [dim: number, documents: Uint32Array, starts: Uint32Array, ends: Uint32Array]

/** Each document of a slice with its best passage, counted within the slice, and the cosine. */
export type SliceHits = [documents: Uint32Array, passages: Uint32Array, scores: Float32Array]

/** The methods of the worker: what they take, what they answer, and what they report on the way. */
export interface Methods {
  loadSearch: { params: { url: string; options: LoadOptions }; result: SearchInfo; progress: Progress }
  loadModel: { params: Record<string, never>; result: SearchInfo; progress: Progress }
  query: { params: { text: string; settings: QuerySettings }; result: QueryResult; progress: never }
  similar: { params: { id: string; settings: Pick<QuerySettings, 'limit'> }; result: Hit[]; progress: never }
  add: { params: { documents: readonly SearchDocument<unknown>[] }; result: SearchInfo; progress: Step }
  remove: { params: { ids: readonly string[] }; result: { removed: number; info: SearchInfo }; progress: never }
  save: { params: Record<string, never>; result: SavedFile[]; progress: never }
  /** Decides what computes, when that is still due. */
  accelerate: { params: Record<string, never>; result: Choice; progress: never }
  /** With a `module` that another worker has compiled, nothing of the engine is fetched or compiled. */
  loadEncoder: { params: { url: string; options: LoadOptions; module?: WebAssembly.Module }; result: EncoderInfo; progress: Progress }
  /** Of a module that also computes on the GPU nothing is given: helpers want the other. */
  compiledModule: { params: Record<string, never>; result: WebAssembly.Module | undefined; progress: never }
  loadSlice: { params: { url: string; options: LoadOptions; file: SliceFile; documents: number }; result: SliceOutline; progress: Progress }
  scanSlice: { params: { vector: Float32Array }; result: SliceHits; progress: never }
  meanOfSlice: { params: { first: number; end: number }; result: [Float32Array]; progress: never }
  fileOfSlice: { params: Record<string, never>; result: Uint8Array<ArrayBuffer>; progress: never }
  encode: { params: { texts: readonly string[] }; result: Float32Array[]; progress: never }
  /** Reads documents and loads the model, which `encode` then has; answers with the texts to encode. */
  plan: {
    params: { source: BuildSource; settings: BuildSettings; url: string; options: LoadOptions }
    result: { texts: string[] }
    progress: BuildProgress
  }
  finish: { params: { vectors: readonly Float32Array[] }; result: BuiltIndex; progress: never }
  zip: { params: { files: readonly SavedFile[] }; result: Uint8Array<ArrayBuffer>; progress: never }
}

/** The name of a worker method. */
export type Method = keyof Methods

/** Page to worker: run a method. */
export type Request = { [M in Method]: { id: number; method: M; params: Methods[M]['params'] } }[Method]

/** Worker to page: how far a request is, or how it ended. */
export type Reply =
  | { id: number; type: 'progress'; progress: Methods[Method]['progress'] }
  | { id: number; type: 'result'; result: Methods[Method]['result'] }
  | { id: number; type: 'error'; error: ErrorData }
  /** What computes is another now; no request asked for it. */
  | { id: 0; type: 'choice'; choice: Choice }
