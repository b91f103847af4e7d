/** Models of a site: their files are fetched here, and the rows of word embeddings that come later. */
import type { BackendOption, Choice, EncoderInfo, Progress } from '../types.js'
import type { Accelerator } from './accelerate.js'
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
  TitleAndText,
} from './glue.js'
import { codeOf } from './site.js'
import { type Digest, Loading, PATIENCE, Store } from './store.js'
import { NAMES } from './stored.js'
import { nextTask } from './tasks.js'
import { Turns, together, within } from './wait.js'

/** So many blocks of rows are fetched together when all are: what a query needs meanwhile must not wait long. */
const TOGETHER = 6

/** So many documents are encoded together by a GPU. */
const DOCUMENTS_TOGETHER = 32

/** After so many milliseconds inside a document, which may be long, what others want has its turn. */
const STRETCH_MS = 30

/** What a configuration says of the other files. */
interface Configuration {
  tokenizer: Digest
  weights: Digest
  /** The blocks of word embeddings that lie apart. */
  rows?: Digest[]
}

/** A configuration as it was read, and the folder below a store's in which the files are. */
interface Described extends Configuration {
  folder: string
  json: Uint8Array<ArrayBuffer>
}

/** A model whose configuration has been read. */
interface Configured<M> extends Described {
  model: M
}

/** The encoder of a model, and the rows of its word embeddings that come later. */
export class ModelEncoder implements QueryEncoder {
  readonly #encoder: GlueEncoder
  readonly #store: Store
  readonly #parts: Described
  /** Who fetches rows: no block is fetched twice. */
  readonly #turns = new Turns()
  /** The GPU's part in it, where it may have one. */
  accelerator: Accelerator | undefined

  private constructor(encoder: GlueEncoder, store: Store, parts: Described) {
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
    glue: EncoderGlue,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelEncoder> {
    const store = new Store(url, { ...options, isModel: true })
    const read = (json: Uint8Array<ArrayBuffer>, folder: string) => ({
      ...described(json, folder),
      model: new glue.Model(json),
    })
    const parts = pinned
      ? read(await store.fixed(`${pinned.folder}${NAMES.config}`, pinned.config), pinned.folder)
      : await configured(store, '', read)
    return ModelEncoder.made(store, parts, glue, options.backend, onProgress)
  }

  /** The encoder of a model whose configuration has been read. */
  static async made(
    store: Store,
    parts: Configured<TakesModel>,
    { Encoder }: EncoderGlue,
    backend: BackendOption | undefined,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelEncoder> {
    await fetchParts(store, parts, new Loading(onProgress, parts.weights.bytes + parts.tokenizer.bytes))
    return new ModelEncoder(new Encoder(parts.model, backend), store, parts)
  }

  /** The same model once more in the module for the GPU; or what computes, where that is known before the model has come. */
  again(glue: EncoderGlue, backend: BackendOption): Promise<ModelEncoder | Choice> {
    return forGpu(this.#store, this.#parts, glue, backend)
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

  /** The vector of one text, by this encoder alone. */
  async encodeHere(text: string): Promise<Float32Array> {
    await this.prepare(text, false)
    return this.#encoder.encode(text)
  }

  /** The vectors of some texts: the CPU takes one at a time, so that others come between; a GPU wants many. */
  async encode(texts: readonly string[]): Promise<Float32Array[]> {
    const together = this.#at(texts.length > 1 ? 'bulk' : 'backend').encodeMany(texts)
    if (together) return together
    const vectors: Float32Array[] = []
    for (const text of texts) vectors.push(await this.encodeHere(text))
    return vectors
  }

  encodeQuery(text: string): EncodedQuery | Promise<EncodedQuery> {
    return this.#at('backend').#encoder.encodeQuery(text)
  }

  /** How many documents are worth encoding together. */
  together(): number {
    return this.accelerator?.at('bulk') ? DOCUMENTS_TOGETHER : 1
  }

  async encodePassages(
    documents: readonly TitleAndText[],
    maxTokens: number,
    overlap: number,
  ): Promise<EncodedPassage[][]> {
    const encoder = this.#at('bulk').#encoder
    const together = encoder.encodePassagesOfMany?.(documents.flat(), maxTokens, overlap)
    if (together) return together
    let rested = performance.now()
    const encoded: EncodedPassage[][] = []
    for (const document of documents) {
      const passages: EncodedPassage[] = []
      for (const { start, end, text } of encoder.cutPassages?.(...document, maxTokens, overlap) ?? []) {
        passages.push({ start, end, vector: await encoder.encode(text) })
        if (performance.now() - rested < STRETCH_MS) continue
        await nextTask()
        rested = performance.now()
      }
      encoded.push(passages)
    }
    return encoded
  }

  /** The vectors of some texts at once, where this encoder has a GPU. */
  encodeMany(texts: readonly string[]): Promise<Float32Array[]> | undefined {
    return this.#encoder.encodeMany?.(texts)
  }

  /** What does some work. */
  #at(work: 'backend' | 'bulk'): ModelEncoder {
    return this.accelerator?.at(work) ?? this
  }

  /**
   * Lets the GPU take part, where there is one, once, and once more after it has failed. Resolves when that is decided. `cpuSeconds`
   * are those that the CPU takes for a text of so many tokens.
   */
  async accelerate(cpuSeconds: GpuFiles['cpuSeconds']): Promise<void> {
    const [store, parts] = [this.#store, this.#parts]
    await this.#encoder.accelerate?.({
      weights: () => store.fixed(`${parts.folder}${NAMES.weights}`, parts.weights),
      loadAllRows: () => this.loadAllRows(),
      recall: (name) => store.recall(name),
      remember: (name, bytes) => store.remember(name, bytes),
      cpuSeconds,
    })
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

  async #fetchRows(block: number): Promise<void> {
    const { folder, rows = [] } = this.#parts
    this.#encoder.takeRows(block, await this.#store.fixed(rowsPath(folder, block), rows[block]!))
  }
}

/** A model in the module for the GPU, or what computes in its place. */
async function forGpu(
  store: Store,
  parts: Described,
  glue: EncoderGlue,
  backend: BackendOption,
): Promise<ModelEncoder | Choice> {
  const known = backend === 'auto' && (await glue.checkGpu?.(parts.json, store))
  const made = () => ModelEncoder.made(store, { ...parts, model: new glue.Model(parts.json) }, glue, backend, () => {})
  return known || made()
}

/** The models of a build, and what encodes documents once more in the module for the GPU. */
export interface BuildModels {
  documents: GlueBuildModel
  queries?: GlueBuildModel
  again: ModelEncoder['again']
}

/** Fetches what encodes documents and, where that is another, what encodes queries. */
export async function fetchModels(
  store: Store,
  { BuildModel }: BuildGlue,
  onProgress: (progress: Progress) => void,
): Promise<BuildModels> {
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
    return { documents: first.model, again: forGpu.bind(undefined, store, first) }
  }
  const documents = await configured(store, NAMES.documentsModel.slice(NAMES.model.length), read).catch((cause) => {
    throw codeOf(cause) === 'not-found' ? Object.assign(refusal, { cause }) : cause
  })
  first.model.checkAsks(documents.model)
  const loading = new Loading(onProgress, bytes(first) + bytes(documents))
  await fetchWhole(store, first, loading)
  await fetchWhole(store, documents, loading)
  return { documents: documents.model, queries: first.model, again: forGpu.bind(undefined, store, documents) }
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

function described(json: Uint8Array<ArrayBuffer>, folder: string): Described {
  const { tokenizer, weights, rows = [] } = JSON.parse(new TextDecoder().decode(json)) as Configuration
  return { folder, json, tokenizer, weights, rows }
}

const rowsPath = (folder: string, block: number): string =>
  `${folder}${NAMES.rows}${String(block).padStart(3, '0')}.bin`
