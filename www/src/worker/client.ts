/** The page's end of the line to the worker, and what both `Search` and `Encoder` need to talk over it. */
import { cancelled, errorFromData, InklingError } from '../errors.js'
import type { Choice } from '../types.js'
import type { LoadOptions, Method, Methods, Reply } from './protocol.js'
import { startWorker } from './start.js'

interface Pending {
  method: Method
  resolve(result: never): void
  reject(error: InklingError): void
  onProgress?: ((progress: never) => void) | undefined
}

/** A worker, as far as it is used here. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror' | 'onmessageerror'>

/** Answers the methods of the protocol: a worker by its {@link Client}, or a stand-in for one. */
export interface Caller {
  /** Runs a method. A worker runs it to its end; a stand-in may heed the signal. */
  call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    onProgress?: (progress: Methods[M]['progress']) => void,
    signal?: AbortSignal,
  ): Promise<Methods[M]['result']>
  /** Ends it. What is in flight, and whatever is called later, rejects with `reason`. */
  close(reason: InklingError): void
  /** Called when a worker says that something else computes now. */
  onChoice?: (choice: Choice) => void
}

/** A worker that owes an answer and has said nothing for so many milliseconds is asked for a sign of life … */
const SILENCE = 10_000
/** … and is taken for ended when it gives none so many times: the first may have been missed by a page that was asleep. */
const SILENCES_MAX = 3
/** Methods that compute for longer than that at a stretch. */
const LONG: readonly Method[] = ['add', 'plan', 'finish', 'zip', 'save']

/** Calls methods of one worker and hands each answer to the one who asked. */
export class Client implements Caller {
  readonly #worker: WorkerLike
  readonly #pending = new Map<number, Pending>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #silences = 0
  onChoice?: (choice: Choice) => void
  #nextId = 1
  #closed: InklingError | undefined
  #lost: InklingError | undefined

  constructor(worker: WorkerLike = startWorker()) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data)
    // A worker that cannot start says nothing more than that. What happens inside it later arrives as an error reply.
    worker.onerror = (event) => {
      const why = event.message ? `: ${event.message}` : ': is worker.js served beside index.js?'
      this.#lose(new InklingError('network', `the search worker stopped${why}`))
    }
    worker.onmessageerror = () =>
      this.#lose(new InklingError('internal', 'an answer of the search worker cannot be read'))
  }

  /** Why the worker ended although nobody had closed it. */
  get lost(): InklingError | undefined {
    return this.#lost
  }

  /** Runs a method in the worker. */
  call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    onProgress?: (progress: Methods[M]['progress']) => void,
  ): Promise<Methods[M]['result']> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      try {
        this.#worker.postMessage({ id, method, params })
      } catch (cause) {
        reject(
          new InklingError('invalid-input', `${method}() takes plain data: no functions, no elements of a page`, {
            cause,
          }),
        )
        return
      }
      this.#pending.set(id, { method, resolve, reject, onProgress })
      if (!this.#timer) this.#wait()
    })
  }

  /** Ends the worker at once. What is in flight, and whatever is called later, rejects with `reason`. */
  close(reason: InklingError): void {
    if (this.#closed) return
    this.#closed = reason
    clearTimeout(this.#timer)
    this.#worker.terminate()
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
  }

  #lose(reason: InklingError): void {
    if (!this.#closed) this.#lost = reason
    this.close(reason)
  }

  /** Browsers end workers without a word: when memory is short, or by an error in their own code. */
  #listen(): void {
    this.#timer = undefined
    const owed = [...this.#pending.values()].map(({ method }) => method)
    if (owed.length === 0) return
    if (!owed.some((method) => LONG.includes(method))) {
      if (this.#silences === SILENCES_MAX) {
        const what = 'the search worker does not answer any more: the browser may have ended it'
        this.#lose(new InklingError('internal', what))
        return
      }
      this.#silences += 1
      // Whoever closes it meanwhile has nothing to tell here.
      if (!owed.includes('ping')) this.call('ping', {}).catch(() => {})
    }
    this.#wait()
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#listen(), SILENCE)
    // Node would not end before.
    const { unref } = this.#timer as { unref?: () => void }
    unref?.call(this.#timer)
  }

  #receive(reply: Reply): void {
    this.#silences = 0
    if (reply.type === 'choice') return this.onChoice?.(reply.choice)
    if (reply.type === 'lost') return this.#lose(errorFromData(reply.error))
    const pending = this.#pending.get(reply.id)
    if (!pending) return
    if (reply.type === 'progress') {
      pending.onProgress?.(reply.progress as never)
      return
    }
    this.#pending.delete(reply.id)
    if (reply.type === 'result') pending.resolve(reply.result as never)
    else pending.reject(errorFromData(reply.error))
  }
}

/** Calls `stop` when the signal is aborted, now or later, until the returned function is called. */
export function onAbort(signal: AbortSignal | undefined, stop: (error: InklingError) => void): () => void {
  if (!signal) return () => {}
  const listener = () => stop(cancelled('the caller cancelled this', signal.reason))
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** The address of a folder, absolute and with a closing slash: a worker would resolve a relative one against itself. */
export function folderUrl(url: string | URL | undefined): string {
  try {
    if (url === undefined) throw new TypeError('no url')
    const base = globalThis.document?.baseURI ?? globalThis.location?.href
    const absolute = new URL(url, base)
    if (!absolute.pathname.endsWith('/')) absolute.pathname += '/'
    return absolute.href
  } catch (cause) {
    throw new InklingError(
      'invalid-input',
      `url is ${JSON.stringify(url) ?? 'missing'}: give the address of the folder with the search files`,
      {
        cause,
      },
    )
  }
}

/** The options that the worker needs, without those that were left out. */
export function loadOptions({ cache, files, backend, integrity }: LoadOptions): LoadOptions {
  if (backend !== undefined && !['cpu', 'webgpu', 'auto'].includes(backend)) {
    throw new InklingError('invalid-input', `backend is ${JSON.stringify(backend)}: it must be cpu, webgpu or auto`)
  }
  return {
    ...(cache !== undefined && { cache }),
    ...(files && { files }),
    ...(backend !== undefined && { backend }),
    ...(integrity && { integrity: sha256Of(integrity) }),
  }
}

/** The hash of `sha256-…`, in hexadecimal. */
function sha256Of(integrity: string): string {
  const base64 = /^\s*sha256-([\w+/]{43}=)\s*$/.exec(integrity)?.[1]
  if (!base64) {
    const what = `integrity is ${JSON.stringify(integrity)}: give sha256- and the SHA-256 of manifest.json in base64`
    throw new InklingError('invalid-input', what)
  }
  return Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}
