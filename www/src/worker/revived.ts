/**
 * A search's worker that is started again: when it is lost, so that words go on when the model has brought it down, and when the
 * site was updated under it, so that the new index answers.
 */
import { InklingError } from '../errors.js'
import type { Choice, SearchInfo } from '../types.js'
import { type Caller, Client } from './client.js'
import type { Method, Methods } from './protocol.js'

/** How often a lost worker is replaced: one that is lost each time has a fault that will not go. */
const LIVES = 3

/** Methods that another worker is asked instead of a lost one, and those that the index of an updated site is. */
const AGAIN: Record<'lost' | 'replaced', readonly Method[]> = {
  lost: ['query', 'similar'],
  replaced: ['query', 'similar', 'loadModel'],
}

/** Calls methods of a worker, and of another one after it. After a lost one the next has the index, but not the model. */
export class Revived implements Caller {
  readonly #start: () => Client
  #client: Client
  #loaded: Methods['loadSearch']['params'] | undefined
  #hasModel = false
  /** Whether the worker's index is not that of the site any more. */
  #isChanged = false
  #lives = LIVES
  #reviving: Promise<SearchInfo | undefined> | undefined
  #closed: InklingError | undefined
  onChoice?: (choice: Choice) => void

  constructor(start: () => Client = () => new Client()) {
    this.#start = start
    this.#client = this.#started()
  }

  async call<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    onProgress?: (progress: Methods[M]['progress']) => void,
  ): Promise<Methods[M]['result']> {
    await this.#reviving
    const client = this.#client
    try {
      const result = await client.call(method, params, onProgress)
      if (method === 'loadSearch') this.#loaded = params as Methods['loadSearch']['params']
      if (method === 'loadModel') this.#hasModel = true
      if (method === 'add' || method === 'remove') this.#isChanged = true
      return result
    } catch (error) {
      const code = error instanceof InklingError && error.code === 'replaced' ? 'replaced' : 'lost'
      if (code === 'lost' && error !== client.lost) throw error
      // What is lost or replaced while it loads is loaded once more.
      const begins = method === 'loadSearch' && !this.#loaded
      if (begins) this.#loaded = params as Methods['loadSearch']['params']
      else if (!AGAIN[code].includes(method)) throw error
      if (!this.#revive(client, code === 'replaced')) throw error
      const info = await this.#reviving
      return begins && info ? info : this.#client.call(method, params, onProgress)
    }
  }

  close(reason: InklingError): void {
    this.#closed = reason
    this.#client.close(reason)
  }

  #started(): Client {
    const client = this.#start()
    client.onChoice = (choice) => this.onChoice?.(choice)
    return client
  }

  /** Replaces a worker, once for all who miss it; false where that cannot be. A model that was no fault comes back. */
  #revive(old: Client, withModel: boolean): boolean {
    if (this.#client !== old) return true
    if (this.#closed || !this.#loaded || this.#isChanged || this.#lives === 0) return false
    this.#lives -= 1
    const client = this.#started()
    this.#client = client
    old.close(new InklingError('replaced', 'the site was updated: ask again'))
    this.#reviving = this.#load(client, this.#loaded, withModel && this.#hasModel)
    return true
  }

  /** Loads the index, and its model behind it. What cannot be loaded, the queries that wait for it say. */
  async #load(
    client: Client,
    params: Methods['loadSearch']['params'],
    withModel: boolean,
  ): Promise<SearchInfo | undefined> {
    try {
      const info = await client.call('loadSearch', params)
      this.onChoice?.(info)
      if (withModel) client.call('loadModel', {}).catch(() => {})
      return info
    } catch {
      return undefined
    }
  }
}
