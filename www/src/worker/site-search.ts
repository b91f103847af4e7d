/** A search of a site: fetches what a question needs, has it encoded, and asks the module, which never waits. */
import { InklingError } from '../errors.js'
import type { Choice, Hit, Progress, QueryResult, SearchInfo } from '../types.js'
import type {
  EncodedQuery,
  GlueFound,
  GlueQuestion,
  GlueSearch,
  ModelOfIndex,
  Opens,
  PinnedModel,
  QueryEncoder,
} from './glue.js'
import type { QuerySettings } from './protocol.js'
import { codeOf, Site } from './site.js'
import { Loading, PATIENCE, type StoreOptions } from './store.js'
import { NAMES } from './stored.js'
import { Turns, together, within } from './wait.js'

/** So many files of documents are fetched together when all are. */
const TOGETHER = 16

/** Words and documents of up to this many bytes are fetched when nothing else is to be done, so that everything works without a network. */
const IDLE_BYTES = 4 << 20

/** So are the vectors of up to this many passages, some 64 MB: they make answers by meaning exact. */
const IDLE_PASSAGES = 160_000

/** What of a query's settings matters here. */
type Mode = QuerySettings['mode']

/** An index, and the encoder of its queries, once it is there and for as long as it works. */
export class SiteSearch<S extends GlueSearch = GlueSearch> {
  protected readonly index: S
  protected readonly site: Site
  /** Queries read the index while they wait; only changes change it. */
  protected readonly turns = new Turns()
  protected encoder: QueryEncoder | undefined
  #codes: Promise<void> | undefined
  /** Which clusters of vectors have come. */
  readonly #here: boolean[] = []

  protected constructor(site: Site, index: S) {
    this.site = site
    this.index = index
  }

  /** Loads the index of a site. Its vectors, or of a large one where they are, come with {@link loadVectors}. */
  static async load(
    url: string,
    options: StoreOptions,
    glue: Opens<GlueSearch>,
    onProgress: (progress: Progress) => void,
  ): Promise<SiteSearch> {
    const { site, index } = await Site.open(url, options, glue, onProgress)
    return new SiteSearch(site, index)
  }

  /** The hash of the manifest: with it as `again` among the options the same index is opened once more. */
  get integrity(): string {
    return this.site.integrity
  }

  /** What a missing file of a model comes from: the code is `replaced` where the site has another index now. */
  explain(thrown: unknown): Promise<unknown> {
    return this.site.explain(thrown)
  }

  /** Loads the vectors, or where they are, which is of no use without a model, and says where that is. */
  async loadVectors(onProgress: (progress: Progress) => void): Promise<ModelOfIndex> {
    const model = this.pinned(NAMES.model)
    // The encoder does not count its configuration.
    const total = Math.max(0, this.site.bytes('meaning', 'model') - model.config.bytes)
    await this.loadCodes(new Loading(onProgress, total))
    return { ...model, before: this.site.bytes('meaning'), total }
  }

  /** Takes the encoder of the index's model; before it is there, and once it is broken, queries are answered from words. */
  setEncoder(encoder: QueryEncoder): void {
    this.checkEncoder(encoder)
    this.encoder = encoder
  }

  /** The documents that answer a text best. */
  async query(text: string, settings: QuerySettings): Promise<QueryResult> {
    const start = performance.now()
    // The same for both steps: with another one other words may be asked for.
    const { encoder } = this
    await this.fetch(this.index.missingWords(text, settings, encoder))
    return this.turns.read(async () => {
      const question = this.index.read(text, settings, encoder)
      const { found, encoded } = await this.#found(question, encoder, settings.mode)
      const ranked = performance.now()
      const answer = (await this.#shown(found)) as Omit<QueryResult, 'backend'>
      const { timings } = answer
      if (encoded) [timings.tokenize, timings.encode] = encoded.milliseconds
      timings.documents = performance.now() - ranked
      timings.total = performance.now() - start
      return { ...answer, backend: encoded?.backend ?? 'cpu' }
    })
  }

  /** The documents most like one of the index; needs no model. */
  async similar(id: string, settings: Pick<QuerySettings, 'limit'>): Promise<Hit[]> {
    await this.loadAllVectors()
    return this.turns.read(async () => (await this.#shown(this.index.similar(id, settings))) as Hit[])
  }

  /** Fetches the words and documents that no query has needed yet, unless they are too many to be fetched unasked. Rejects where the module breaks alone. */
  async loadRest(): Promise<void> {
    if (this.site.bytes('words', 'hit') > IDLE_BYTES) return
    try {
      await this.loadAllWords()
      await this.loadAllDocuments()
    } catch (thrown) {
      // What does not come is fetched when a query needs it.
      if (isBroken(thrown)) throw thrown
    }
  }

  /** The same for the vectors. */
  async loadRestOfVectors(): Promise<void> {
    if (this.info().passages <= IDLE_PASSAGES) await this.loadAllVectors()
  }

  /** The model and the size of the index. */
  info(): Omit<SearchInfo, keyof Choice> {
    return this.index.info()
  }

  free(): void {
    this.index.free()
  }

  /** Where a model is below the address of the index, and what its configuration must be. */
  protected pinned(folder: string): PinnedModel {
    const { bytes, sha256 } = this.site.file(`${folder}${NAMES.config}`)
    return { folder, config: { bytes, sha256 } }
  }

  /** Refuses an encoder whose vectors are not those of the index. */
  protected checkEncoder(encoder: QueryEncoder): void {
    const { id, family, dim } = encoder.identity()
    this.index.checkModel(id, family, dim)
  }

  /** Loads the file that meaning begins with, unless it has come. */
  protected loadCodes(loading?: Loading): Promise<void> {
    this.#codes ??= this.fetch(this.site.paths('meaning'), loading).catch((thrown: unknown) => {
      this.#codes = undefined
      throw thrown
    })
    return this.#codes
  }

  /** Fetches all vectors that are still to come. */
  protected async loadAllVectors(): Promise<void> {
    await this.loadCodes()
    const missing = [...this.site.clusters.keys()].filter((cluster) => !this.#here[cluster])
    for (let at = 0; at < missing.length; at += TOGETHER) await this.#fetchClusters(missing.slice(at, at + TOGETHER))
  }

  /** Fetches all words that are still to come. */
  protected loadAllWords(): Promise<void> {
    return this.fetch(this.index.allMissingWords())
  }

  /** Fetches all documents that are still to come. */
  protected async loadAllDocuments(): Promise<void> {
    await this.#fetchMany(this.index.allMissingDocuments())
  }

  /** Fetches files of the index. */
  protected async fetch(paths: readonly string[], loading?: Loading): Promise<void> {
    const take = async (path: string) => {
      const bytes = await this.site.fixed(path, loading)
      if (path === NAMES.clusters) this.site.take(bytes)
      else this.index.take(path, bytes)
    }
    await together(paths.map(take))
  }

  async #fetchClusters(clusters: Iterable<number>): Promise<void> {
    const take = async (cluster: number) => {
      const file = this.site.clusters[cluster]
      this.index.takeVectors(cluster, await this.site.fixed(`cluster ${cluster}`, undefined, file))
      this.#here[cluster] = true
    }
    await together(Array.from(clusters, take))
  }

  async #fetchMany(paths: readonly string[]): Promise<void> {
    for (let at = 0; at < paths.length; at += TOGETHER) await this.fetch(paths.slice(at, at + TOGETHER))
  }

  /** What a question finds, by meaning, too, where that is asked and there is an encoder. */
  async #found(
    question: GlueQuestion,
    encoder: QueryEncoder | undefined,
    mode: Mode,
  ): Promise<{ found: GlueFound; encoded: EncodedQuery | undefined }> {
    const encoded = await this.#encoded(question, encoder, mode)
    if (encoded) {
      const near = this.#fetchClusters(this.index.missingVectors(question, encoded.vector))
      // What does not come, or not soon, is left out of the answer, which says so.
      await within(PATIENCE, near).catch((thrown: unknown) => {
        if (isBroken(thrown) || codeOf(thrown) === 'replaced') throw thrown
      })
    }
    return { found: this.index.answer(question, encoded?.vector, encoded?.truncated ?? false), encoded }
  }

  /** Encodes a question where meaning is asked. Where that fails words answer, unless meaning alone was asked. */
  async #encoded(
    question: GlueQuestion,
    encoder: QueryEncoder | undefined,
    mode: Mode,
  ): Promise<EncodedQuery | undefined> {
    const text = encoder && question.toEncode()
    if (!encoder || text === undefined) return undefined
    try {
      // The word embeddings of seldom words, where they have not come.
      await encoder.prepare(text, true)
      return await encoder.encodeQuery(text)
    } catch (thrown) {
      // Word embeddings that do not come, or a module that has broken, which must not be asked again.
      const error = isBroken(thrown) ? this.letGo() : await this.explain(thrown)
      if (mode === 'semantic' || codeOf(error) === 'replaced') throw error
      return undefined
    }
  }

  /** Lets go of what encodes, whose module has broken. */
  protected letGo(): InklingError {
    this.encoder = undefined
    return new InklingError('internal', 'the encoder broke off: load the search again')
  }

  /** What is shown of documents that were found, once they have come. */
  async #shown(found: GlueFound): Promise<Omit<QueryResult, 'backend'> | Hit[]> {
    try {
      await this.fetch(this.index.missingDocuments(found))
      return this.index.show(found)
    } finally {
      found.free()
    }
  }
}

/** Whether an error is one that the encoder did not mean to give. */
export const isBroken = (thrown: unknown): boolean => codeOf(thrown) === undefined
