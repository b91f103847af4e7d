/**
 * What a worker does once words have been answered, or in place of that: models, changes, builds. A file of its own, which the worker
 * fetches when it is asked for one of these. What it needs of the rest is here once more, but for what must be there once.
 */
import type { Progress, SearchDocument } from '../types.js'
import { Accelerator } from './accelerate.js'
import { isBulk } from './bulk.js'
import { readModelEarly } from './early.js'
import type { EncoderGlue, EncoderLoadOptions, GlueBuilder } from './glue.js'
import { type Given, type Handlers, type Held, type LaterMethod, loaded } from './held.js'
import { ModelEncoder } from './model.js'
import { planBuild } from './plan.js'
import type { Methods } from './protocol.js'
import { SiteChanges } from './site-changes.js'
import type { SiteSearch } from './site-search.js'
import { nextTask } from './tasks.js'

/** The result of a method. */
type Answer<M extends LaterMethod> = Promise<Methods[M]['result']>

/** Answers the methods that come later. */
export class Later implements Handlers<LaterMethod> {
  readonly #given: Given
  readonly #held: Held
  /** The search once more, in the module that changes it. */
  #changes: Promise<SiteChanges> | undefined
  /** What encodes documents, where the encoder of queries does not. */
  #documentsEncoder: Promise<ModelEncoder> | undefined
  #builder: GlueBuilder | undefined

  constructor(given: Given) {
    this.#given = given
    this.#held = given.held
  }

  async loadModel(_params: unknown, onProgress: (progress: Progress) => void): Answer<'loadModel'> {
    const { isOfEncoder, searchInfo, trapOf } = this.#given
    const ready = loaded(this.#held.search)
    let encoder: ModelEncoder
    try {
      encoder = await this.#loadModel(ready, onProgress)
    } catch (thrown) {
      throw (isOfEncoder(thrown) && trapOf(thrown)) || (await ready.explain(thrown))
    }
    this.#held.encoder = encoder
    // An index that is being changed was opened once more meanwhile.
    const { search } = this.#held
    if (search !== ready) await giveEncoder(loaded(search), encoder)
    return searchInfo()
  }

  async add(
    { documents }: { documents: readonly SearchDocument<unknown>[] },
    onProgress: (progress: Methods['add']['progress']) => void,
  ): Answer<'add'> {
    const { searchInfo } = this.#given
    if (documents.length === 0) return searchInfo()
    const changing = await this.#changeable()
    const encodes = (await this.#loadDocumentsEncoder(changing)) ?? this.#held.encoder
    const isMuch = isBulk(documents.map((document) => String(Object(document).text)))
    await encodes?.accelerator?.turn(isMuch)
    const together = () => encodes?.together() ?? 1
    await changing.add(documents, together, async (done) => {
      onProgress({ done, total: documents.length })
      // Messages that have come meanwhile are answered first: encoding many documents holds up no query.
      await nextTask()
      await encodes?.accelerator?.turn(isMuch)
    })
    return searchInfo()
  }

  async remove({ ids }: { ids: readonly string[] }): Answer<'remove'> {
    const removed = ids.length === 0 ? 0 : await (await this.#changeable()).remove([...ids])
    return { removed, info: this.#given.searchInfo() }
  }

  async save(): Answer<'save'> {
    return (await this.#changeable()).save()
  }

  async loadEncoder(
    { url, options, module }: Methods['loadEncoder']['params'],
    onProgress: (progress: Progress) => void,
  ): Answer<'loadEncoder'> {
    const early = options.cache === false ? undefined : readModelEarly(url)
    const glue = await this.#given.loadEncoderGlue(module)
    const encoder = await this.#loadAccelerated(url, { ...options, early }, glue, onProgress)
    this.#held.encoder = encoder
    this.#held.accelerators = { queries: encoder.accelerator }
    return { ...encoder.info(), ...this.#given.choice() }
  }

  async accelerate(): Answer<'accelerate'> {
    await this.#held.accelerators.queries?.turn(true, true)
    return this.#given.choice()
  }

  compiledModule(): Answer<'compiledModule'> {
    return this.#given.compiledModule()
  }

  async encode({ texts, isMuch }: Methods['encode']['params']): Answer<'encode'> {
    const { queries, documents } = this.#held.accelerators
    await (queries ?? documents)?.turn(isMuch)
    const builder = this.#builder
    if (!builder) return loaded(this.#held.encoder).encode(texts)
    return documents?.at('bulk')?.encodeMany(texts) ?? texts.map((text) => builder.encode(text))
  }

  async plan(
    { source, settings, url, options }: Methods['plan']['params'],
    onProgress: (progress: Methods['plan']['progress']) => void,
  ): Answer<'plan'> {
    const { loadBuildGlue, loadGpuGlue } = this.#given
    const [builder, accelerator] = await planBuild(
      await loadBuildGlue(),
      loadGpuGlue,
      source,
      settings,
      url,
      options,
      onProgress,
    )
    this.#builder = builder
    this.#held.accelerators.documents = accelerator
    return { texts: builder.texts(), folder: builder.modelFolder() }
  }

  async finish({ vectors }: Methods['finish']['params']): Answer<'finish'> {
    return { ...loaded(this.#builder).finish(vectors), computed: this.#given.choice() }
  }

  async zip({ files }: Methods['zip']['params']): Answer<'zip'> {
    return (await this.#given.loadBuildGlue()).zipFiles(files) as Uint8Array<ArrayBuffer>
  }

  /** Loads an encoder, in which a GPU may have a part. One that was asked for by name is judged at once. */
  async #loadAccelerated(
    url: string,
    options: EncoderLoadOptions,
    glue: EncoderGlue,
    onProgress: (progress: Progress) => void,
  ): Promise<ModelEncoder> {
    const made = await ModelEncoder.load(url, options, glue, onProgress)
    made.accelerator = new Accelerator(made, options.backend, this.#given.loadGpuGlue)
    await made.accelerator.turn(false)
    return made
  }

  async #loadModel(ready: SiteSearch, onProgress: (progress: Progress) => void): Promise<ModelEncoder> {
    const { url, options } = loaded(this.#held.site)
    const glue = this.#given.loadEncoderGlue()
    // Nobody waits for it when the vectors are missing.
    glue.catch(() => {})
    const { before, total, ...pinned } = await ready.loadVectors(onProgress)
    const encodes = await glue
    const stopped = new Promise<never>((_resolve, reject) => (this.#held.failModel = reject))
    try {
      const load = this.#loadAccelerated(url, { ...options, pinned }, encodes, (progress) =>
        onProgress({ ...progress, loaded: before + progress.loaded, total }),
      )
      const made = await Promise.race([load, stopped])
      ready.setEncoder(made)
      this.#held.accelerators.queries = made.accelerator
      return made
    } finally {
      this.#held.failModel = undefined
    }
  }

  /**
   * The search where it can be changed: the same index, opened once more in the module that builds when somebody changes it for the
   * first time, and the one that answers from then on. Few pages do, so that code is not in the module that every visitor loads.
   */
  #changeable(): Promise<SiteChanges> {
    this.#changes ??= this.#openAgain(loaded(this.#held.search)).catch((thrown: unknown) => {
      this.#changes = undefined
      throw thrown
    })
    return this.#changes
  }

  async #openAgain(before: SiteSearch): Promise<SiteChanges> {
    const { url, options } = loaded(this.#held.site)
    const glue = await this.#given.loadBuildGlue()
    try {
      const opened = await SiteChanges.again(url, { ...options, again: before.integrity }, glue)
      const { encoder } = this.#held
      if (encoder) await giveEncoder(opened, encoder)
      this.#held.search = opened
      return opened
    } catch (thrown) {
      throw await before.explain(thrown)
    }
  }

  /** What encodes documents, loaded for the first that are added, where the encoder of queries does not. */
  async #loadDocumentsEncoder(ready: SiteChanges): Promise<ModelEncoder | undefined> {
    const { url, options } = loaded(this.#held.site)
    const pinned = this.#held.encoder && ready.documentsModel()
    if (!pinned) return undefined
    this.#documentsEncoder ??= this.#given
      .loadEncoderGlue()
      .then((glue) => this.#loadAccelerated(url, { ...options, pinned }, glue, () => {}))
      .then((made) => {
        ready.setDocumentsEncoder(made)
        this.#held.accelerators.documents = made.accelerator
        return made
      })
    try {
      return await this.#documentsEncoder
    } catch (thrown) {
      // Asked again, it is fetched again.
      this.#documentsEncoder = undefined
      throw await ready.explain(thrown)
    }
  }
}

/** Gives what encodes queries to a search that is opened once more. */
async function giveEncoder(opened: SiteSearch, made: ModelEncoder): Promise<void> {
  await opened.loadVectors(() => {})
  opened.setEncoder(made)
}
