/** Semantic search in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */
import { Client, folderUrl, onAbort } from './client.js'
import { cancelled } from './errors.js'
import { Pool, workersFor } from './pool.js'

export {
  createSearch, Search, type AddOptions, type QueryOptions, type SearchOptions, type SimilarOptions,
} from './search.js'
export { Encoder, type EncodeOptions, type EncoderOptions } from './encoder.js'
export { Offline, type OfflineOptions, type OfflineState, type Stored } from './offline.js'
export { similarity } from './similarity.js'
export { InklingError, type InklingErrorCode } from './errors.js'
export type {
  Backend, BackendOption, Choice, EncoderInfo, FacetCount, Filters, Hit, Mode, Progress, QueryResult, SavedFile,
  SearchDocument, SearchInfo, Count, TextRange, Timings,
} from './types.js'
export { type PgvectorOptions, pgvector } from './remote/pgvector.js'
export { type QdrantOptions, qdrant } from './remote/qdrant.js'
export type { Remote, RemoteHit, RemoteOptions } from './remote/remote.js'

/**
 * For `build.ts`, which takes these from here instead of having its own: errors are of one class, and the one Trusted Types
 * policy is made once.
 * @internal
 */
export const shared = { cancelled, Client, folderUrl, onAbort, Pool, workersFor }
