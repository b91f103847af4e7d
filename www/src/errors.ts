/** The stable codes of {@link InklingError}. All but `unsupported-browser` and `blocked` come unchanged from the Rust library. */
export type InklingErrorCode =
  | 'invalid-input'
  | 'not-found'
  | 'io'
  | 'network'
  | 'unauthorized'
  | 'hash-mismatch'
  | 'damaged-file'
  | 'unsupported-format'
  | 'unsupported-model'
  | 'missing-tensor'
  | 'wrong-shape'
  | 'model-mismatch'
  | 'unsupported-tokenizer'
  | 'duplicate-id'
  | 'missing-column'
  | 'empty-corpus'
  | 'faulty-records'
  | 'no-gpu'
  | 'out-of-memory'
  | 'replaced'
  | 'cancelled'
  | 'unsupported-browser'
  | 'blocked'
  | 'internal'

/**
 * What every promise of this package rejects with: a sentence that says what to do, and a `code` that stays the same
 * from version to version.
 *
 * Work that was cancelled has the code `cancelled` and the name `AbortError`, the name that `fetch` gives it, so that
 * code which already ignores aborted requests ignores these too.
 */
export class InklingError extends Error {
  readonly code: InklingErrorCode

  constructor(code: InklingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = code === 'cancelled' ? 'AbortError' : 'InklingError'
    this.code = code
  }
}

/** The error of work that nobody waits for any more; `reason` becomes its cause. */
export function cancelled(message: string, reason?: unknown): InklingError {
  return new InklingError('cancelled', message, reason === undefined ? undefined : { cause: reason })
}

/** An error as plain data: structured cloning drops the own properties of `Error` objects, `code` among them. */
export interface ErrorData {
  code: string
  message: string
  cause?: ErrorData
}

/** Causes deeper than this are dropped: enough to explain, and an end to a chain that loops. */
const CAUSES_MAX = 4

/** Turns whatever was thrown into plain data. What brings no code of its own is a fault of ours: `internal`. */
export function errorToData(thrown: unknown, depth = 0): ErrorData {
  const { code, message, cause } = (thrown ?? {}) as { code?: unknown; message?: unknown; cause?: unknown }
  const data: ErrorData = {
    code: typeof code === 'string' ? code : 'internal',
    message: typeof message === 'string' ? message : String(thrown),
  }
  if (cause !== undefined && depth < CAUSES_MAX) data.cause = errorToData(cause, depth + 1)
  return data
}

/** The error that {@link errorToData} described. */
export function errorFromData(data: ErrorData): InklingError {
  const cause = data.cause && errorFromData(data.cause)
  return new InklingError(data.code as InklingErrorCode, data.message, cause && { cause })
}
