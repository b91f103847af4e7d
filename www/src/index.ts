/** Semantic search in the visitor's browser. Safe to import where there is no browser: nothing starts until called. */
export { createSearch, Search, type QueryOptions, type SearchOptions } from './search.js'
export { Encoder, type EncodeOptions, type EncoderOptions } from './encoder.js'
export { similarity } from './similarity.js'
export { InklingError, type InklingErrorCode } from './errors.js'
export type { EncoderInfo, Hit, Progress, QueryResult, SearchInfo, Timings } from './protocol.js'
