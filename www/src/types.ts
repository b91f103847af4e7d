/** What the API takes and answers: plain data, as it crosses between page and worker. */

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
export interface Count {
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
  /** Where the passage can be read: the document's address, and behind `#` its heading's. */
  url?: string
  /** The whole text of a document without an address: it can be read nowhere else. */
  text?: string
  /** The headings that the passage is below, from the outermost. Missing where there are none. */
  headings?: string[]
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
  /** The first word or phrase in quotes that no document has, as it was typed: why nothing was found. An engine elsewhere knows of none. */
  absent?: string
  /**
   * The values of fields that the query as it was typed names, such as a day, a room or a speaker, with the UTF-16 offsets of
   * the name in it: to be offered as filters. An engine elsewhere recognises none.
   */
  understood?: { field: string; value: string; start: number; end: number }[]
  /** True when the query was longer than is read, so that only its beginning counted. */
  truncated: boolean
  /**
   * True as long as meaning was told from a part of the vectors, those near the query, because the index is large and not all have
   * come: fewer documents are found then, and the cosine of one that words alone found may be a guess.
   */
  partial: boolean
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
 * What may compute. `auto` is the CPU until many texts are to be encoded: then, in a browser with WebGPU, the module for the GPU is fetched, its vectors are
 * compared with the CPU's, both are measured, and the GPU does what it is at least 1.5 times faster at. A GPU in software counts as none. `webgpu` loads that module with
 * the other and takes whatever GPU there is for everything. In any case the CPU does what the GPU cannot, and steps in when it fails.
 */
export type BackendOption = 'auto' | Backend

/** What computes now, and why. */
export interface Choice {
  /** What encodes queries: single texts. */
  backend: Backend
  /** What encodes many texts. */
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
  /** What the model wants before a query and before a passage, where it does: a search puts it there, `encode` takes texts as they are. */
  prompts?: { query: string; passage: string }
}

/** What a search is made of. */
export interface SearchInfo extends EncoderInfo {
  /** The language of the words, such as `en`; `none` where no forms of words are known. */
  language: string
  documents: number
  passages: number
  /** What addresses of the index are relative to, itself relative to the index's folder; left out where the page says. */
  base?: string
}

/**
 * How a corpus file is written: `csv` is a table of any separator and encoding, `xml` the schedule of a conference, xCal, RSS,
 * Atom or other XML with a list in it, `ics` a calendar.
 */
export type CorpusFormat = 'json' | 'jsonl' | 'csv' | 'xml' | 'ics'

/** Settings of a build that the Rust side reads. */
export interface BuildSettings {
  /** How the text is written. Default: what the name and the first character suggest. */
  format?: CorpusFormat
  /**
   * Which columns or keys are kept beside id, title, address and text. Default all but e-mail addresses and telephone numbers,
   * which are kept where they are named here.
   */
  fields?: readonly string[]
  /** The column or key of the title, where it has no usual name. */
  title?: string
  /** That of the text, or several, which are put one below the other. */
  text?: string | readonly string[]
  /** That of the address. */
  url?: string
  /** That of the id. */
  id?: string
  /** That of people, or several: they become the field `speakers`. */
  people?: string | readonly string[]
  /** Fields under other names: the new name, and the column or key. */
  rename?: Readonly<Record<string, string>>
  /** Where the records are in JSON or XML: `data.sessions`, `results[].contributions`. Default: the lists whose entries have titles. */
  records?: string
  /** The folder in which relative addresses begin: `https://example.org/docs/` or `/docs/`. Default: that of the page that shows a hit. */
  base?: string
  /** True also reads records that are rejected, withdrawn or cancelled. Default false. */
  cancelled?: boolean
  /** True refuses a file in which a record is at fault (`faulty-records`) instead of noting it. Default false. */
  strict?: boolean
  /** The language of the words: `en`, `de`, …; `none` for no word forms. Default `auto`: it is guessed. */
  language?: string
  /** Most tokens of a passage, title included, at least 16. More make fewer, longer passages. Default 200. */
  passageTokens?: number
  /** Tokens that a passage shares with the one before it; below half of `passageTokens`. Default 40. */
  overlap?: number
}

/** How far a build has come. */
export interface BuildProgress {
  /** `read`: the documents; `model`: bytes of the model that have come; `encode`: passages that have been encoded. */
  stage: 'read' | 'model' | 'encode'
  done: number
  total: number
}

/** What was noticed while a file was read: what is left out, changed or assumed. Each kind of thing is one note. */
export interface BuildNote {
  /** What kind of thing it is, such as `empty-record`, `repeated-id` or `encoding`; docs/files.md lists them. */
  code: string
  /** The field, encoding or list that it is about; empty where the code says all. */
  about: string
  /** How often. */
  count: number
  /** Where first, such as `line 12`; empty where it is of the whole file. */
  first: string
  /** Whether it is a fault, which `strict` refuses. */
  fault: boolean
  /** All of it as a sentence for people. */
  message: string
}

/** A new index. */
export interface BuiltIndex {
  /** Every file of the folder that a site serves, those of the model included; the manifest is last. */
  files: SavedFile[]
  /** What was noticed while the file was read; none where documents were given. */
  notes: BuildNote[]
  /** The names of the fields that documents have: what hits show, and filters and orders take. */
  fields: string[]
  documents: number
  passages: number
  /** What has encoded the passages, and why. */
  computed: Choice
}

/** Options of `Search.query`. */
export interface QueryOptions {
  /** How many hits to return, at least 1. Default 3. */
  limit?: number
  /**
   * What ranks the documents. Default `hybrid`: words and meaning together, and words alone until the model is there.
   * `semantic` waits for the model, and rejects when it cannot be loaded.
   */
  mode?: Mode
  /** Only documents with these values are found. With filters an empty text finds all that pass. Default none. */
  filters?: Filters
  /**
   * A field to order what is found by instead of by rank: ascending, or descending with a `-` before it (`-year`). Numbers,
   * times and dates are ordered as such; documents without the field come last. With it an empty text finds all. Default none.
   */
  sort?: string
  /** Fields whose values to count. A field's own filter is left out of its counts: others could be chosen. Default none. */
  facets?: readonly string[]
  /**
   * The least score of a hit, from 0 to 1: 0 finds all documents, however far they are. Default `auto`: a query that no document is about
   * has no hits, and others have those that are near the best one or have most of the words.
   */
  minScore?: number | 'auto'
  /** Aborting it rejects the query with the code `cancelled`. */
  signal?: AbortSignal
}
