/** Models of a site: their files are fetched here, and the rows of word embeddings that come later. */
import type { Choice, EncoderInfo, Progress } from '../types.js'
import type {
  BuildGlue,
  EncodedPassage,
  EncodedQuery,
  EncoderGlue,
  EncoderLoadOptions,
  GlueBuildModel,
  GlueEncoder,
  GpuFiles,
  QueryEncoder,
  TakesModel,
} from './glue.js'
import { codeOf } from './site.js'
import { type Digest, Loading, PATIENCE, Store } from './store.js'
import { NAMES } from './stored.js'
import { Turns, together, within } from './wait.js'

/** So many blocks of rows are fetched together when all are: what a query needs meanwhile must not wait long. */
const TOGETHER = 6

/** What a configuration says of the other files. */
interface Configuration {
  tokenizer: Digest
  weights: Digest
  /** The blocks of word embeddings that lie apart. */
  rows?: Digest[]
}

/** A model whose configuration has been read: where its files are below a store's folder, and what they must be. */
interface Configured<M> extends Configuration {
  folder: string
  model: M
}

/** The encoder of a model, and the rows of its word embeddings that come later. */
export class ModelEncoder implements QueryEncoder, GpuFiles {
  readonly #encoder: GlueEncoder
  readonly #store: Store
  readonly #parts: Configuration & { folder: string }
  /** Who fetches rows: no block is fetched twice. */
  readonly #turns = new Turns()

  private constructor(encoder: GlueEncoder, store: Store, parts: Configuration & { folder: string }) {
    this.#encoder = encoder
    this.#store = store
    this.#parts = parts
  }

  /**
   * Loads the model of a folder that `inkling model pull` wrote, or with `pinned` among the options the very one that an index names. The
   * tokenizer is made while the weights are on their way.
   */
  static async load(
    url: string,
    { pinned, ...options }: EncoderLoadOptions,
    { Model, Encoder, sha256 }: EncoderGlue,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelEncoder> {
    const store = new Store(url, { ...options, isModel: true }, sha256)
    const read = (json: Uint8Array<ArrayBuffer>, folder: string) => ({
      ...described(json, folder),
      model: new Model(json),
    })
    const parts = pinned
      ? read(await store.fixed(`${pinned.folder}${NAMES.config}`, pinned.config), pinned.folder)
      : await configured(store, '', read)
    await fetchParts(store, parts, new Loading(onProgress, parts.weights.bytes + parts.tokenizer.bytes))
    return new ModelEncoder(new Encoder(parts.model, options.backend), store, parts)
  }

  info(): Omit<EncoderInfo, keyof Choice> {
    return this.#encoder.info()
  }

  identity(): { id: string; family: string; dim: number } {
    return this.#encoder.identity()
  }

  isWord(word: string): boolean {
    return this.#encoder.isWord(word)
  }

  encode(text: string): Float32Array | Promise<Float32Array> {
    return this.#encoder.encode(text)
  }

  encodeQuery(text: string): EncodedQuery | Promise<EncodedQuery> {
    return this.#encoder.encodeQuery(text)
  }

  encodePassages(
    title: string,
    text: string,
    maxTokens: number,
    overlap: number,
  ): EncodedPassage[] | Promise<EncodedPassage[]> {
    return this.#encoder.encodePassages(title, text, maxTokens, overlap)
  }

  /** The vectors of some texts at once, where a GPU wants them so. */
  encodeMany(texts: string[]): Promise<Float32Array[]> | undefined {
    return this.#encoder.encodeMany?.(texts)
  }

  /** Lets the GPU take part, where there is one, once, and once more after it has failed. Resolves when that is decided. */
  async accelerate(): Promise<void> {
    await this.#encoder.accelerate?.(this)
  }

  /** What computes, where there is a choice. */
  choice(): Choice | undefined {
    return this.#encoder.choice?.()
  }

  /** Fetches the word embeddings that a text lacks, among others. A query does not wait for long: they come all the same, for the next one. */
  async prepare(text: string, isQuery: boolean): Promise<void> {
    if (this.#encoder.missingRows(text, isQuery).length === 0) return
    const loaded = this.#turns.change(async () => {
      const wanted = this.#encoder.missingRows(text, isQuery)
      const blocks = [...this.#encoder.amongOthers(wanted)]
      const outcomes = await Promise.allSettled(blocks.map((block) => this.#fetchRows(block)))
      // The others may come or not.
      const failed = outcomes.find(({ status }, at) => status === 'rejected' && wanted.includes(blocks[at] ?? -1))
      if (failed?.status === 'rejected') throw failed.reason
    })
    if (!isQuery) return loaded
    return within(PATIENCE, loaded, 'the word embeddings of this question have not come')
  }

  /** Fetches all word embeddings that have not come. */
  async loadAllRows(): Promise<void> {
    const next = async () => {
      const blocks = Array.from(this.#encoder.allMissingRows().subarray(0, TOGETHER))
      await together(blocks.map((block) => this.#fetchRows(block)))
      return blocks.length
    }
    // What a query needs has its turn in between.
    while ((await this.#turns.change(next)) > 0);
  }

  /** The weights once more, for the GPU. */
  weights(): Promise<Uint8Array> {
    return this.#store.fixed(`${this.#parts.folder}${NAMES.weights}`, this.#parts.weights)
  }

  /** Something small that this browser keeps for the folder, under a name of ours. */
  recall(name: string): Promise<Uint8Array | undefined> {
    return this.#store.recall(name)
  }

  /** Keeps something for {@link recall}. */
  remember(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#store.remember(name, bytes)
  }

  async #fetchRows(block: number): Promise<void> {
    const { folder, rows = [] } = this.#parts
    this.#encoder.takeRows(block, await this.#store.fixed(rowsPath(folder, block), rows[block]!))
  }
}

/** Fetches what encodes documents and, where that is another, what encodes queries. */
export async function fetchModels(
  store: Store,
  { BuildModel }: BuildGlue,
  onProgress: (progress: Progress) => void,
): Promise<[documents: GlueBuildModel, queries?: GlueBuildModel]> {
  const read = (json: Uint8Array<ArrayBuffer>, folder: string) => ({
    ...described(json, folder),
    model: new BuildModel(json),
  })
  const bytes = ({ weights, tokenizer, rows = [] }: Configuration) =>
    rows.reduce((sum, block) => sum + block.bytes, weights.bytes + tokenizer.bytes)
  const first = await configured(store, '', read)
  const refusal = refusalOf(() => first.model.checkEncodesDocuments())
  if (!refusal) {
    await fetchWhole(store, first, new Loading(onProgress, bytes(first)))
    return [first.model]
  }
  const documents = await configured(store, NAMES.documentsModel.slice(NAMES.model.length), read).catch((cause) => {
    throw codeOf(cause) === 'not-found' ? Object.assign(refusal, { cause }) : cause
  })
  first.model.checkAsks(documents.model)
  const loading = new Loading(onProgress, bytes(first) + bytes(documents))
  await fetchWhole(store, first, loading)
  await fetchWhole(store, documents, loading)
  return [documents.model, first.model]
}

/** What a check throws. */
function refusalOf(check: () => void): Error | undefined {
  try {
    check()
    return undefined
  } catch (thrown) {
    return thrown as Error
  }
}

/** A model whose rows are all wanted. */
async function fetchWhole(store: Store, parts: Configured<GlueBuildModel>, loading: Loading): Promise<void> {
  await fetchParts(store, parts, loading)
  const { folder, rows = [], model } = parts
  const blocks = rows.map((digest, block) => store.fixed(rowsPath(folder, block), digest, loading))
  for (const bytes of await together(blocks)) model.takeRows(bytes)
}

/** Fetches tokenizer and weights of a model, and hands each over when it has come. */
async function fetchParts(store: Store, parts: Configured<TakesModel>, loading: Loading): Promise<void> {
  const { folder, model } = parts
  const weights = async () => {
    const path = `${folder}${NAMES.weights}`
    const bytes = await store.fixed(path, parts.weights, loading)
    loading.advance('prepare', path, 0)
    model.takeWeights(bytes)
  }
  const tokenizer = async () =>
    model.takeTokenizer(await store.fixed(`${folder}${NAMES.tokenizer}`, parts.tokenizer, loading))
  await together([weights(), tokenizer()])
}

/** What the configuration in a folder of a store's, or in the store's own (an empty path), has been understood to be. */
async function configured<T>(
  store: Store,
  folder: string,
  read: (json: Uint8Array<ArrayBuffer>, folder: string) => T,
): Promise<T> {
  const path = `${folder}${NAMES.config}`
  const { value, bytes } = await store.changing(path, (json) => read(json, folder))
  if (bytes) store.keep(path, bytes)
  return value
}

function described(json: Uint8Array, folder: string): Configuration & { folder: string } {
  const { tokenizer, weights, rows = [] } = JSON.parse(new TextDecoder().decode(json)) as Configuration
  return { folder, tokenizer, weights, rows }
}

const rowsPath = (folder: string, block: number): string =>
  `${folder}${NAMES.rows}${String(block).padStart(3, '0')}.bin`
