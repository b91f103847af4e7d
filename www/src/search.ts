import { cancelled, InklingError } from './errors.js'
import type {
  BackendOption,
  Count,
  Hit,
  Mode,
  Progress,
  QueryOptions,
  QueryResult,
  SavedFile,
  SearchDocument,
  SearchInfo,
} from './types.js'
import { type Caller, folderUrl, loadOptions, onAbort } from './worker/client.js'
import { bytesToAskFor } from './worker/data-saver.js'
import { Latest } from './worker/latest.js'
import { Revived } from './worker/revived.js'

/** Options of {@link createSearch}. */
export interface SearchOptions {
  /**
   * The folder that `inkling index` wrote, as the site serves it: `/search/`. Relative addresses start at the page.
   * Without `files` it is needed.
   */
  url?: string | URL
  /**
   * Files of that folder which are at hand, by their path in it: `manifest.json`, `index/lexical.safetensors`, ... They are
   * checked as fetched ones are, and not fetched. Others come from `url`; without a `url` nothing is fetched at all.
   */
  files?: ReadonlyMap<string, Uint8Array>
  /** False fetches everything anew and stores nothing. Default true: files are kept in Cache Storage. */
  cache?: boolean
  /**
   * When the model is fetched: `now`; only once {@link Search.loadModel} is called (`ask`); or `auto`, which is `ask`
   * where the visitor saves data or has a slow or metered connection, unless the browser holds the model already.
   * Default `now`.
   */
  model?: 'now' | 'auto' | 'ask'
  /** What may compute. Default `auto`. */
  backend?: BackendOption
  /**
   * The hash of `manifest.json`, as pages give it for scripts: `sha256-` and the SHA-256 in base64. The manifest holds the hashes of
   * all other files. Another one is refused (`hash-mismatch`).
   */
  integrity?: string
  /** Called while the index, then the model, is loading. */
  onProgress?: (progress: Progress) => void
  /** Aborting it ends the load and the worker. Without effect once `createSearch` has resolved. */
  signal?: AbortSignal
}

/** Options of {@link Search.similar}. */
export interface SimilarOptions {
  /** How many documents to return, at least 1. Default 3. */
  limit?: number
  /** Aborting it rejects the call with the code `cancelled`. */
  signal?: AbortSignal
}

/** Options of {@link Search.add}. */
export interface AddOptions {
  /** Called after each document that has been encoded. */
  onProgress?: (progress: Count) => void
}

/**
 * Loads the index of a site in a worker and begins to load its model.
 *
 * Resolves when the index is there, which is enough to search by words; `search.modelReady` resolves when the model is
 * there, too. Where an engine elsewhere holds the vectors, see `createRemoteSearch`.
 *
 * @throws InklingError when a file is missing (`not-found`), altered (`hash-mismatch`), cut short (`damaged-file`),
 * or made for another version (`unsupported-format`), and when the network fails (`network`).
 */
export async function createSearch<Fields = Record<string, unknown>>(options: SearchOptions): Promise<Search<Fields>> {
  const { files } = options ?? {}
  if (files && !(files instanceof Map))
    throw new InklingError('invalid-input', 'files must be a Map of paths to Uint8Arrays')
  const url = files && options.url === undefined ? '' : folderUrl(options?.url)
  const client = new Revived()
  const stopListening = onAbort(options.signal, (error) => client.close(error))
  try {
    const info = await client.call('loadSearch', { url, options: loadOptions(options) }, options.onProgress)
    const waiting = await bytesToAskFor(url, options)
    return new Search<Fields>(client, info, options.onProgress, waiting, url)
  } catch (error) {
    client.close(cancelled('the search failed to load', error))
    throw error
  } finally {
    stopListening()
  }
}

/** A loaded index: ask it with {@link Search.query}. Made by {@link createSearch}. */
export class Search<Fields = Record<string, unknown>> {
  /**
   * Resolves when the model is ready and rejects when it cannot be loaded. It need not be handled: with or without the
   * model `query()` answers, and the `mode` of its answers says which.
   */
  readonly modelReady: Promise<void>
  readonly #startLoading: () => void
  #waitingBytes: number | undefined
  readonly #client: Caller
  readonly #latest = new Latest()
  /** Resolves when the last change asked for has been made. */
  #changed: Promise<unknown> = Promise.resolve()
  #info: SearchInfo
  /** What relative addresses of hits are relative to, where the index says it. */
  readonly #from: string | undefined

  /** @internal */
  constructor(
    client: Caller,
    info: SearchInfo,
    onProgress?: (progress: Progress) => void,
    waitingBytes?: number,
    url?: string,
  ) {
    this.#from = url && info.base !== undefined ? new URL(info.base, url).href : undefined
    this.#client = client
    this.#info = info
    client.onChoice = (choice) => (this.#info = { ...this.#info, ...choice })
    this.#waitingBytes = waitingBytes
    let startLoading = () => {}
    const load = () => this.#fetchModel(onProgress)
    this.modelReady =
      waitingBytes === undefined ? load() : new Promise<void>((resolve) => (startLoading = resolve)).then(load)
    this.modelReady.catch(() => {})
    this.#startLoading = startLoading
  }

  /** The model, the arithmetic in use, what computes and why, and the size of the index. */
  get info(): SearchInfo {
    return this.#info
  }

  /** Bytes of a model that is not fetched before {@link Search.loadModel} is called; undefined once it is. */
  get waitingBytes(): number | undefined {
    return this.#waitingBytes
  }

  /**
   * Fetches the model, where that waited to be asked for; see the option `model`. `add()` and queries whose `mode` is
   * `semantic` ask for it, too.
   *
   * @returns the promise `modelReady`.
   */
  loadModel(): Promise<void> {
    this.#waitingBytes = undefined
    this.#startLoading()
    return this.modelReady
  }

  /**
   * Finds the documents that answer a text best: by words and meaning, or by words alone as long as the model is not
   * there; `mode` says which. It never waits for the model, unless `options.mode` is `semantic`.
   *
   * Words in quotes must stand together, a word after `-` must not occur, the last word may be unfinished, and words may
   * be misspelt. A text that nothing is close to has no hits, unless `options.minScore` says otherwise. An empty text has none, unless
   * filters or an order are given: then it finds every document that passes them.
   *
   * Made for search as you type: a later query cancels an earlier one that is not answered yet. The earlier promise
   * rejects with an {@link InklingError} whose code is `cancelled` and whose name is `AbortError`.
   *
   * @throws InklingError `invalid-input` for a filter, order or count by a field that no document has.
   */
  query(text: string, options: QueryOptions = {}): Promise<QueryResult<Fields>> {
    if (typeof text !== 'string') return Promise.reject(new InklingError('invalid-input', 'query() takes a string'))
    const { signal: stop, minScore, ...others } = options
    const settings = given({ ...others, ...(minScore !== 'auto' && { minScore }) })
    const unknownMode = settings.mode !== undefined && !MODES.includes(settings.mode)
    if (unknownMode) return Promise.reject(new InklingError('invalid-input', `mode must be one of ${MODES.join(', ')}`))
    return this.#latest.run(async (signal) => {
      if (settings.mode === 'semantic') await this.loadModel()
      signal.throwIfAborted()
      const answer = await this.#client.call('query', { text, settings }, undefined, signal)
      return { ...answer, hits: answer.hits.map((hit) => this.#placed(hit)) } as QueryResult<Fields>
    }, stop)
  }

  /**
   * Finds the documents most like one of the index, best first and without itself. Needs no model: the vectors of the
   * index are compared. Unlike queries these calls do not cancel each other. `matches` are empty.
   *
   * @throws InklingError `not-found` for an unknown id.
   */
  similar(id: string, options: SimilarOptions = {}): Promise<Hit<Fields>[]> {
    if (typeof id !== 'string')
      return Promise.reject(new InklingError('invalid-input', 'similar() takes the id of a document'))
    const { signal, ...settings } = options
    return new Promise((resolve, reject) => {
      const stopListening = onAbort(signal, reject)
      const hits = this.#client.call('similar', { id, settings: given(settings) })
      const placed = hits.then((hits) => hits.map((hit) => this.#placed(hit)) as Hit<Fields>[])
      placed.then(resolve, reject).finally(stopListening)
    })
  }

  /**
   * Adds documents, replacing those of the same ids. Waits for the model, which encodes them; where another one encodes documents
   * (`model/documents/` of the index), that is fetched for the first. Queries asked meanwhile are
   * answered between two documents, and find none of the new ones before all are there. Changes are made in the order in which they were asked for, and live as long as this object: to
   * keep them, {@link Search.save} them.
   *
   * @throws InklingError `invalid-input` for a document without id or text, `duplicate-id` for two of one id: then
   * nothing has changed. What `modelReady` rejects with, when a model cannot be loaded.
   */
  add(documents: readonly SearchDocument<Fields>[], options: AddOptions = {}): Promise<void> {
    if (!Array.isArray(documents))
      return Promise.reject(new InklingError('invalid-input', 'add() takes an array of documents'))
    return this.#inOrder(async () => {
      await this.loadModel()
      this.#info = await this.#client.call('add', { documents }, options.onProgress)
    })
  }

  /** Removes documents by their ids; resolves to how many there were. Unknown ids are passed over. */
  remove(ids: readonly string[]): Promise<number> {
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
      return Promise.reject(new InklingError('invalid-input', 'remove() takes an array of ids'))
    }
    return this.#inOrder(async () => {
      const { removed, info } = await this.#client.call('remove', { ids })
      this.#info = info
      return removed
    })
  }

  /**
   * The files of the index as it is now, but for the model's, which stay as they are: put them in the folder of the search
   * in place of the old ones. The same documents give the same bytes, whatever was added and removed on the way.
   */
  save(): Promise<SavedFile[]> {
    return this.#inOrder(() => this.#client.call('save', {}))
  }

  /** Ends the worker and frees its memory. What is in flight, and later calls, reject with the code `cancelled`. */
  dispose(): void {
    this.#client.close(cancelled('this search was disposed of: create another one'))
    // A model that nobody asked for never comes now: `modelReady` says so.
    this.#startLoading()
  }

  /** A hit whose address is whole, where the index says what it is relative to. */
  #placed(hit: Hit): Hit {
    const isRelative = this.#from !== undefined && hit.url !== undefined && URL.canParse(hit.url, this.#from)
    return isRelative ? { ...hit, url: new URL(hit.url as string, this.#from).href } : hit
  }

  async #fetchModel(onProgress?: (progress: Progress) => void): Promise<void> {
    this.#info = await this.#client.call('loadModel', {}, onProgress)
  }

  #inOrder<T>(change: () => Promise<T>): Promise<T> {
    const made = this.#changed.then(change)
    this.#changed = made.catch(() => {})
    return made
  }
}

const MODES: readonly Mode[] = ['hybrid', 'semantic', 'lexical']

/** Options that are present but undefined count as left out: the Rust side knows only values. */
function given<Settings extends object>(
  settings: Settings,
): { [K in keyof Settings]: Exclude<Settings[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never
}
