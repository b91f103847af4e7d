/** Semantic search in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */

export { InklingError, type InklingErrorCode } from './errors.js'
export { type AddOptions, createSearch, Search, type SearchOptions, type SimilarOptions } from './search.js'
export type {
  Backend,
  BackendOption,
  Choice,
  Count,
  EncoderInfo,
  FacetCount,
  Filters,
  Hit,
  Mode,
  Progress,
  QueryOptions,
  QueryResult,
  SavedFile,
  SearchDocument,
  SearchInfo,
  TextRange,
  Timings,
} from './types.js'
