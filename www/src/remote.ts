/** Search in an engine that runs elsewhere and holds the vectors. The query is encoded in the visitor's browser. */

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
