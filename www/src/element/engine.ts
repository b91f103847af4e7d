/** The search behind the boxes of a page: loaded when one of them first needs it, and gone when the last of them is. */
import type { InklingError } from '../errors.js'
import type { Search, SearchOptions } from '../search.js'
import type { FacetCount, Hit, Progress, QueryOptions, QueryResult } from '../types.js'
import { nextTask } from '../worker/tasks.js'
import { messagesOf } from './languages.js'
import { Wording } from './messages.js'

/** Where the model stands. `waiting`: not fetched until the visitor asks for it. */
export type Meaning = 'loading' | 'waiting' | 'ready' | 'failed'

/** When the model is fetched; see `SearchOptions`. */
export type FetchModel = 'now' | 'auto' | 'ask'

/** Opens a search; `createSearch`, or what a page has of its own. */
export type OpenSearch = (options: SearchOptions) => Promise<Search>

/** What an {@link Engine} tells of itself. */
export interface EngineEvents {
  /** The search can answer. */
  ready(search: Search): void
  /** Something the visitor may see has changed. */
  changed(): void
  failed(error: InklingError): void
}

/** A sentence, and the language that it is in. */
export interface Said {
  text: string
  language: string
}

/** What a session needs of an {@link Engine}. */
export interface Source {
  /** Whether it can answer now. */
  readonly opened: boolean
  readonly meaning: Meaning
  query(text: string, options: QueryOptions, signal: AbortSignal): Promise<QueryResult>
  similar(id: string, limit: number): Promise<Hit[]>
  values(fields: readonly string[]): Promise<Record<string, FacetCount[]>>
  /** What to say to a question in another language than the documents, in its own; undefined where it is not. */
  foreign(text: string): Promise<Said | undefined>
}

/** A model that would take longer to come, at the rate at which it does, is fetched by those alone who ask for it. */
const PATIENCE_MS = 20_000

/** Before so long nobody knows that rate. */
const MEASURED_MS = 4000

/** A longer pause between two pieces says nothing of it. */
const PAUSE_MS = 1000

/** How long an engine outlives its last box: a page that swaps its content puts the next one in place at once. */
const LINGER_MS = 1000

/** One loaded search, with the boxes that ask it. */
export class Engine implements Source {
  /** The loaded search. */
  search: Search | undefined
  meaning: Meaning = 'loading'
  /** Bytes of the index, and once that is there of the model, that have come, and all there are; 0 while that is not known. */
  loaded = 0
  total = 0
  /** Why the search, or its model, could not be loaded. */
  failure: InklingError | undefined
  readonly #url: string
  readonly #open: OpenSearch
  readonly #integrity: string
  #model: FetchModel
  #controller = new AbortController()
  #loading: Promise<Search> | undefined
  #last: Promise<unknown> = Promise.resolve()
  /** How long bytes of the model have been coming over the line, and when the last did. */
  #passed = 0
  #cameAt = 0
  #values = new Map<string, Promise<Record<string, FacetCount[]>>>()
  readonly #listeners = new Set<EngineEvents>()

  constructor(url: string, model: FetchModel, open: OpenSearch = openSearch, integrity = '') {
    this.#url = url
    this.#model = model
    this.#open = open
    this.#integrity = integrity
  }

  get opened(): boolean {
    return this.search !== undefined
  }

  /** Bytes of a model that waits for the visitor. */
  get waitingBytes(): number {
    return this.search?.waitingBytes ?? 0
  }

  /** Tells `events` what happens until the returned function is called. */
  listen(events: EngineEvents): () => void {
    this.#listeners.add(events)
    if (this.search) events.ready(this.search)
    return () => this.#listeners.delete(events)
  }

  get unused(): boolean {
    return this.#listeners.size === 0
  }

  /** The search, loading it if need be. Rejects when it cannot be loaded; `retry` then begins anew. */
  load(): Promise<Search> {
    this.#loading ??= this.#load(this.#controller.signal)
    return this.#loading
  }

  /**
   * Answers a question when those that were asked before it, by any box, are answered or no longer wanted: a search itself
   * answers only the last one that it is asked, and boxes that asked again at once would cancel each other for ever.
   */
  async query(text: string, options: QueryOptions, signal: AbortSignal): Promise<QueryResult> {
    await this.load()
    const answer = this.#last.then(() => this.#ask(text, { ...options, signal }, signal))
    this.#last = answer.catch(() => {})
    return answer
  }

  /** Asks again where the page itself has asked the same search meanwhile, or that was opened anew. */
  async #ask(text: string, options: QueryOptions, signal: AbortSignal): Promise<QueryResult> {
    for (;;) {
      signal.throwIfAborted()
      const search = await this.load()
      try {
        return await search.query(text, options)
      } catch (error) {
        const isTaken = (error as InklingError).code === 'cancelled' && !signal.aborted && this.#loading
        if (!isTaken) throw error
        await nextTask()
      }
    }
  }

  async similar(id: string, limit: number): Promise<Hit[]> {
    return (await this.load()).similar(id, { limit })
  }

  async foreign(text: string): Promise<Said | undefined> {
    const spoken = this.search?.info.language
    if (!spoken || spoken === 'none') return undefined
    // Where the file does not come nothing is said.
    return import('./foreign.js')
      .then((file) => file.foreignTo(text, spoken, messagesOf, Wording))
      .catch(() => undefined)
  }

  /** Every value of these fields in the whole index, with how many documents have it. Fields that no document has are left out. */
  values(fields: readonly string[]): Promise<Record<string, FacetCount[]>> {
    const key = fields.join(' ')
    const known = this.#values.get(key) ?? this.#count(fields)
    this.#values.set(key, known)
    known.catch(() => this.#values.delete(key))
    return known
  }

  async #count(fields: readonly string[]): Promise<Record<string, FacetCount[]>> {
    const counted: Record<string, FacetCount[]> = {}
    for (const field of fields) {
      try {
        const options = { sort: field, facets: [field], limit: 1 }
        const { facets } = await this.query('', options, this.#controller.signal)
        counted[field] = facets[field] ?? []
      } catch (error) {
        if ((error as InklingError).code !== 'invalid-input') throw error
        console.warn(`inkling-search: filters="${field}" names a field that no document of ${this.#url} has`)
      }
    }
    return counted
  }

  /** Fetches the model that waited for the visitor. */
  loadMeaning(): void {
    if (this.meaning !== 'waiting') return
    this.meaning = 'loading'
    this.loaded = 0
    this.total = this.waitingBytes
    void this.search?.loadModel().catch(() => {})
    this.#changed()
  }

  /** Stops fetching the model: the search is opened anew, from what is stored of it, and answers by words. */
  stopMeaning(): void {
    if (this.meaning !== 'loading') return
    this.#model = 'ask'
    this.retry()
  }

  /** Begins anew. What is stored already is not fetched again. */
  retry(): void {
    this.dispose()
    this.#controller = new AbortController()
    this.#changed()
    this.load().catch(() => {})
  }

  /** Ends the worker, and any load. */
  dispose(): void {
    this.#controller.abort()
    this.search?.dispose()
    this.search = undefined
    this.#loading = undefined
    this.#values.clear()
    this.failure = undefined
    this.meaning = 'loading'
    this.loaded = this.total = this.#passed = 0
  }

  async #load(signal: AbortSignal): Promise<Search> {
    try {
      const onProgress = ({ stage, loaded, total }: Progress) => {
        if (signal.aborted) return
        if (stage === 'download' && this.search && this.#isTooSlow(loaded, total)) return this.stopMeaning()
        const share = (bytes: number) => Math.floor((100 * bytes) / (total || 1))
        const same = total === this.total && share(loaded) === share(this.loaded)
        this.loaded = loaded
        this.total = total
        if (!same) this.#changed()
      }
      const search = await this.#open({
        url: this.#url,
        model: this.#model,
        integrity: this.#integrity,
        onProgress,
        signal,
      })
      if (signal.aborted) {
        search.dispose()
        signal.throwIfAborted()
      }
      this.search = search
      this.loaded = this.total = 0
      this.#watchMeaning(search, signal)
      for (const { ready } of this.#listeners) ready(search)
      this.#changed()
      return search
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
      throw error
    }
  }

  /** Whether the rest of the model takes so long that the visitor is to be asked. */
  #isTooSlow(loaded: number, total: number): boolean {
    const now = Date.now()
    this.#passed += Math.min(now - this.#cameAt, PAUSE_MS)
    this.#cameAt = now
    return (
      this.#model === 'auto' && this.#passed > MEASURED_MS && this.#passed * (total - loaded) > PATIENCE_MS * loaded
    )
  }

  #watchMeaning(search: Search, signal: AbortSignal): void {
    this.meaning = search.waitingBytes === undefined ? 'loading' : 'waiting'
    const settle = (meaning: Meaning, error?: unknown) => {
      if (signal.aborted) return
      this.meaning = meaning
      if (meaning === 'failed') this.#fail(error)
      else this.#changed()
    }
    search.modelReady.then(
      () => settle('ready'),
      (error: unknown) => settle('failed', error),
    )
  }

  #fail(error: unknown): void {
    // What is thrown without a code comes from `import()`: the script could not be fetched.
    const { code = 'network' } = error as { code?: string }
    this.failure = Object.assign(error as InklingError, { code })
    for (const { failed } of this.#listeners) failed(this.failure)
    this.#changed()
  }

  #changed(): void {
    for (const { changed } of this.#listeners) changed()
  }
}

/** Not part of this script: nobody pays for it before searching. */
const openSearch: OpenSearch = async (options) => (await import('../index.js')).createSearch(options)

/** By the folder and when its model is fetched, or by what opens it. */
const engines = new Map<string | OpenSearch, Engine>()

/** The engine of a folder, which all boxes of the page that ask it share, until the signal is aborted. */
export function shareEngine(
  src: string,
  model: FetchModel,
  events: EngineEvents,
  signal: AbortSignal,
  open?: OpenSearch,
  integrity?: string,
): Engine {
  const url = URL.canParse(src, document.baseURI) ? new URL(src, document.baseURI).href : src
  const key = open ?? `${model} ${url} ${integrity}`
  const engine = engines.get(key) ?? new Engine(url, model, open, integrity)
  engines.set(key, engine)
  const leave = engine.listen(events)
  signal.addEventListener('abort', () => {
    leave()
    setTimeout(() => {
      if (!engine.unused || engines.get(key) !== engine) return
      engines.delete(key)
      engine.dispose()
    }, LINGER_MS)
  })
  return engine
}
