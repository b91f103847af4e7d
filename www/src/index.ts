/** Semantic search in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */

export { type EncodeOptions, Encoder, type EncoderOptions } from './encoder.js'
export { InklingError, type InklingErrorCode } from './errors.js'
export { Offline, type OfflineOptions, type OfflineState, type Stored } from './offline.js'
export { type PgvectorOptions, pgvector } from './remote/pgvector.js'
export { type QdrantOptions, qdrant } from './remote/qdrant.js'
export {
  createRemoteSearch,
  type Remote,
  type RemoteHit,
  type RemoteOptions,
  type RemoteQueryOptions,
  RemoteSearch,
  type RemoteSearchOptions,
} from './remote/remote.js'
export { type AddOptions, createSearch, Search, type SearchOptions, type SimilarOptions } from './search.js'
export { similarity } from './similarity.js'
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
