/** Semantic search in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */

export {
  createSearch, Search, type AddOptions, type SearchOptions, type SimilarOptions,
} from './search.js'
export { Encoder, type EncodeOptions, type EncoderOptions } from './encoder.js'
export { Offline, type OfflineOptions, type OfflineState, type Stored } from './offline.js'
export { similarity } from './similarity.js'
export { InklingError, type InklingErrorCode } from './errors.js'
export type {
  Backend, BackendOption, Choice, EncoderInfo, FacetCount, Filters, Hit, Mode, Progress, QueryOptions, QueryResult, SavedFile,
  SearchDocument, SearchInfo, Count, TextRange, Timings,
} from './types.js'
export { type PgvectorOptions, pgvector } from './remote/pgvector.js'
export { type QdrantOptions, qdrant } from './remote/qdrant.js'
export type { Remote, RemoteHit, RemoteOptions } from './remote/remote.js'
