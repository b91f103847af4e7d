/** The search behind an element: loaded when it is first needed, and gone when the element is. */
import type { InklingError } from '../errors.js'
import type { Search } from '../search.js'

/** Where the model stands. `waiting`: not fetched until the visitor asks for it. */
export type Meaning = 'loading' | 'waiting' | 'ready' | 'failed'

/** What a {@link Session} tells of itself. */
export interface SessionEvents {
  /** The search can answer. */
  ready(search: Search): void
  /** Something the visitor may see has changed. */
  changed(): void
  failed(error: InklingError): void
}

/** Loads one search, once. */
export class Session {
  /** The loaded search. */
  search: Search | undefined
  meaning: Meaning = 'loading'
  /** The part of the model that is there, from 0 to 1 in hundredths. */
  share = 0
  /** Why the search, or its model, could not be loaded. */
  failure: InklingError | undefined
  readonly #url: string
  readonly #semantic: 'now' | 'auto' | 'ask'
  readonly #events: SessionEvents
  #controller = new AbortController()
  #loading: Promise<Search> | undefined

  constructor(url: string, semantic: 'now' | 'auto' | 'ask', events: SessionEvents) {
    this.#url = url
    this.#semantic = semantic
    this.#events = events
  }

  /** Whether loading has begun. */
  get started(): boolean {
    return this.#loading !== undefined
  }

  /** The search, loading it if need be. Rejects when it cannot be loaded; `retry` then begins anew. */
  load(): Promise<Search> {
    this.#loading ??= this.#load(this.#controller.signal)
    return this.#loading
  }

  /** Fetches the model that waited for the visitor. */
  loadMeaning(): void {
    if (this.meaning !== 'waiting') return
    this.meaning = 'loading'
    void this.search?.loadSemantic().catch(() => {})
    this.#events.changed()
  }

  /** Begins anew. What is stored already is not fetched again. */
  retry(): void {
    this.dispose()
    this.#controller = new AbortController()
    this.#events.changed()
    this.load().catch(() => {})
  }

  /** Ends the worker, and any load. */
  dispose(): void {
    this.#controller.abort()
    this.search?.dispose()
    this.search = undefined
    this.#loading = undefined
    this.failure = undefined
    this.meaning = 'loading'
    this.share = 0
  }

  async #load(signal: AbortSignal): Promise<Search> {
    try {
      // Not part of this script: nobody pays for it before searching.
      const { createSearch } = await import('../index.js')
      const onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
        if (signal.aborted || !this.search) return
        const share = Math.floor((100 * loaded) / total) / 100
        if (share === this.share) return
        this.share = share
        this.#events.changed()
      }
      const search = await createSearch({ url: this.#url, semantic: this.#semantic, onProgress, signal })
      if (signal.aborted) {
        search.dispose()
        signal.throwIfAborted()
      }
      this.search = search
      this.#watchMeaning(search, signal)
      this.#events.ready(search)
      this.#events.changed()
      return search
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
      throw error
    }
  }

  #watchMeaning(search: Search, signal: AbortSignal): void {
    this.meaning = search.waitingBytes === undefined ? 'loading' : 'waiting'
    const settle = (meaning: Meaning, error?: unknown) => {
      if (signal.aborted) return
      this.meaning = meaning
      if (meaning === 'failed') this.#fail(error)
      else this.#events.changed()
    }
    search.semantic.then(
      () => settle('ready'),
      (error: unknown) => settle('failed', error),
    )
  }

  #fail(error: unknown): void {
    // What is thrown without a code comes from `import()`: the script could not be fetched.
    const { code = 'network' } = error as { code?: string }
    this.failure = Object.assign(error as InklingError, { code })
    this.#events.failed(this.failure)
    this.#events.changed()
  }
}
