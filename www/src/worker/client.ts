/** The page's end of the line to the worker, and what both `Search` and `Encoder` need to talk over it. */
import { cancelled, errorFromData, InklingError } from '../errors.js'
import type { Choice } from '../types.js'
import type { LoadOptions, Method, Methods, Reply } from './protocol.js'
import { startWorker } from './start.js'

interface Pending {
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

/** Calls methods of one worker and hands each answer to the one who asked. */
export class Client implements Caller {
  readonly #worker: WorkerLike
  readonly #pending = new Map<number, Pending>()
  onChoice?: (choice: Choice) => void
  #nextId = 1
  #closed: InklingError | undefined

  constructor(worker: WorkerLike = startWorker()) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data)
    // A worker that cannot start says nothing more than that. What happens inside it later arrives as an error reply.
    worker.onerror = (event) => {
      const why = event.message ? `: ${event.message}` : ': is worker.js served beside index.js?'
      this.close(new InklingError('network', `the search worker stopped${why}`))
    }
    worker.onmessageerror = () =>
      this.close(new InklingError('internal', 'an answer of the search worker cannot be read'))
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
      this.#pending.set(id, { resolve, reject, onProgress })
    })
  }

  /** Ends the worker at once. What is in flight, and whatever is called later, rejects with `reason`. */
  close(reason: InklingError): void {
    if (this.#closed) return
    this.#closed = reason
    this.#worker.terminate()
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
  }

  #receive(reply: Reply): void {
    if (reply.type === 'choice') return this.onChoice?.(reply.choice)
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
export function loadOptions({ cache, files, backend }: LoadOptions): LoadOptions {
  if (backend !== undefined && !['cpu', 'webgpu', 'auto'].includes(backend)) {
    throw new InklingError('invalid-input', `backend is ${JSON.stringify(backend)}: it must be cpu, webgpu or auto`)
  }
  return { ...(cache !== undefined && { cache }), ...(files && { files }), ...(backend !== undefined && { backend }) }
}
