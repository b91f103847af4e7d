/** Files of a site over a network that refuses, breaks off and hangs. */
import { InklingError } from '../errors.js'
import { pause, within } from './wait.js'

/** How often a download that breaks off is taken up again. */
const RESUMES = 3

/** How many milliseconds after a refused connection or an error of the server the same is asked once more. */
export const BACKOFF = 500

/** How many milliseconds a server may take for an answer, or a body for its next bytes … */
const DEADLINE = 10_000

/** … and for a large file, which may have to wait for others on a slow line: one more for 64 bytes of it, up to this many. */
const DEADLINE_MORE = 50_000

/** Most bytes of memory that are set aside for a file before any of it has come. */
const RESERVED_MAX = 96 << 20

/** Whether an error may be gone when the same is asked once more: no network, or a server in trouble. */
export const isPassing = (thrown: unknown): boolean => thrown instanceof InklingError && thrown.code === 'network'

/** The bytes of a file as they come. */
class Bytes {
  readonly #address: string
  #buffer: Uint8Array<ArrayBuffer>
  length = 0

  /** A manifest that promises too much is not believed before the bytes have come. */
  constructor(address: string, expected: number) {
    this.#address = address
    this.#buffer = this.#room(Math.min(expected, RESERVED_MAX))
  }

  push(part: Uint8Array): void {
    const length = this.length + part.length
    if (length > this.#buffer.length) {
      const larger = this.#room(Math.max(length, 2 * this.#buffer.length))
      larger.set(this.whole())
      this.#buffer = larger
    }
    this.#buffer.set(part, this.length)
    this.length = length
  }

  whole(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.length)
  }

  #room(length: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(length)
    } catch (cause) {
      const what = `there is no memory for ${this.#address}: close other pages and try again`
      throw new InklingError('out-of-memory', what, { cause })
    }
  }
}

/**
 * Downloads a file of known length, taking it up where it broke off. A connection that is refused before anything has come, or an error
 * of the server, is tried once more.
 *
 * @param onBytes is told how many have come, part by part
 */
export async function download(
  address: string,
  length: number,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Bytes(address, length)
  const deadline = DEADLINE + Math.min(Math.floor(length / 64), DEADLINE_MORE)
  for (let attempt = 0; ; attempt++) {
    let isAnswered = false
    try {
      await withAnswer(address, { from: bytes.length, deadline }, async (response) => {
        isAnswered = true
        // A server that does not know ranges begins anew.
        if (response.status !== 206) bytes.length = 0
        await readInto(bytes, response, address, { deadline, limit: length, onBytes })
      })
      if (bytes.length >= length || attempt === RESUMES) return bytes.whole()
    } catch (thrown) {
      const tries = isAnswered || bytes.length > 0 ? RESUMES : 1
      if (!isPassing(thrown) || attempt >= tries) throw thrown
      if (!isAnswered) await pause(BACKOFF << attempt)
    }
  }
}

/** A file of unknown length, asked for once and until `signal`. */
export function fetchWhole(address: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return withAnswer(address, { from: 0, deadline: DEADLINE, signal }, (response) => readWhole(response, address, {}))
}

/** The body of a response; `length` is what to expect, `limit` the most that it may be. The next part of it must come within `deadline` milliseconds. */
export async function readWhole(
  response: Response,
  address: string,
  {
    length = 0,
    deadline = DEADLINE,
    limit = Number.POSITIVE_INFINITY,
  }: { length?: number; deadline?: number; limit?: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Bytes(address, length)
  await readInto(bytes, response, address, { deadline, limit, onBytes() {} })
  return bytes.whole()
}

/**
 * Asks for a file from a byte on, and has its answer read; any answer but success is an error. A request that hangs is taken back: the
 * browser would have the next one for the same address wait for it.
 */
async function withAnswer<T>(
  address: string,
  { from, deadline, signal }: { from: number; deadline: number; signal?: AbortSignal },
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  signal?.addEventListener('abort', () => stop.abort())
  // Ask the site whether the browser's own copy is still good; hashes decide in the end.
  const options: RequestInit = { cache: 'no-cache', signal: stop.signal }
  if (from > 0) options.headers = { range: `bytes=${from}-` }
  try {
    const asked = fetch(address, options).catch((cause: unknown) => {
      throw new InklingError('network', `cannot fetch ${address} (${messageOf(cause)}): is the network there?`, {
        cause,
      })
    })
    const response = await within(deadline, asked, `${address} was not answered`)
    if (!response.ok) throw refusal(address, response.status)
    return await read(response)
  } finally {
    stop.abort()
  }
}

function refusal(address: string, status: number): InklingError {
  switch (status) {
    // The server has no byte beyond those that came.
    case 416:
      return new InklingError('damaged-file', `${address} is cut short: deploy the folder of the index again`)
    case 404:
    case 410:
      return new InklingError('not-found', `${address} is not there: deploy the whole folder of the index`)
    case 401:
    case 403:
      return new InklingError('unauthorized', `${address} may not be read: allow it on the server`)
    default:
      return new InklingError('network', `${address} was answered with status ${status}`)
  }
}

/** Appends a response's body to what has come, up to `limit` bytes in all. */
async function readInto(
  bytes: Bytes,
  response: Response,
  address: string,
  { deadline, limit, onBytes }: { deadline: number; limit: number; onBytes: (bytes: number) => void },
): Promise<void> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const part = reader.read().catch((cause: unknown) => {
        throw new InklingError('network', `${address} broke off (${messageOf(cause)})`, { cause })
      })
      const { value } = await within(deadline, part, `${address} was not answered`)
      if (!value) return
      if (bytes.length + value.length > limit)
        throw new InklingError(
          'hash-mismatch',
          `${address} is longer than the ${limit} bytes it should be: deploy the whole folder of the index`,
        )
      bytes.push(value)
      onBytes(value.length)
    }
  } catch (thrown) {
    reader.cancel().catch(() => {})
    throw thrown
  }
}

/** What something that was thrown says. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
