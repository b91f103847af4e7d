/** A search of a site that can be changed: documents come and go, and what is there then is saved. */
import { InklingError } from '../errors.js'
import type { Progress, SavedFile, SearchDocument } from '../types.js'
import type { BuildGlue, EncodedPassage, GlueChanges, PinnedModel, QueryEncoder, TitleAndText } from './glue.js'
import type { LoadOptions } from './protocol.js'
import { Site } from './site.js'
import { isBroken, SiteSearch } from './site-search.js'
import { NAMES } from './stored.js'

/** The search in the module that builds. */
export class SiteChanges extends SiteSearch<GlueChanges> {
  readonly #glue: BuildGlue
  /** What encodes documents, where that is not the encoder of the queries. */
  #documentsEncoder: QueryEncoder | undefined

  private constructor(site: Site, index: GlueChanges, glue: BuildGlue) {
    super(site, index)
    this.#glue = glue
  }

  /** Opens an index once more, by the hash of its manifest. */
  static async again(url: string, options: LoadOptions & { again: string }, glue: BuildGlue): Promise<SiteChanges> {
    const { site, index } = await Site.open(url, options, glue, (_progress: Progress) => {})
    return new SiteChanges(site, index, glue)
  }

  /** Where what encodes documents is, where that is not the model of the queries. */
  documentsModel(): PinnedModel | undefined {
    const folder = NAMES.documentsModel
    return this.site.has(`${folder}${NAMES.config}`) ? this.pinned(folder) : undefined
  }

  /** Takes what encodes documents, where that is not the encoder of the queries. */
  setDocumentsEncoder(encoder: QueryEncoder): void {
    this.checkEncoder(encoder)
    this.#documentsEncoder = encoder
  }

  /**
   * Adds documents, or replaces those of the same id, of which `together` tells how many are encoded at once. What `onProgress` gives is
   * waited for before the next ones: queries have their turn.
   */
  async add(
    documents: readonly SearchDocument<unknown>[],
    together: () => number,
    onProgress: (done: number) => Promise<void>,
  ): Promise<void> {
    const additions = new this.#glue.Additions(documents)
    for (let done = 0; done < documents.length; await onProgress(done)) {
      const next = documents.slice(done, done + together())
      const texts = next.map(({ title, text = '' }): TitleAndText => [title, text])
      for (const passages of await this.#encode(texts)) additions.encoded(passages)
      done += next.length
    }
    await this.loadAllWords()
    await this.loadAllVectors()
    await this.turns.change(() => this.index.add(additions))
  }

  /** Removes documents by their ids and gives how many there were. */
  async remove(ids: string[]): Promise<number> {
    await this.loadAllWords()
    return this.turns.change(() => this.index.remove(ids))
  }

  /** The files of the index as it is now, but for those of the model. */
  async save(): Promise<SavedFile[]> {
    await this.loadAllVectors()
    await this.loadAllWords()
    await this.loadAllDocuments()
    return this.turns.read(async () => this.index.save())
  }

  async #encode(documents: readonly TitleAndText[]): Promise<EncodedPassage[][]> {
    const encoder = this.#documentsEncoder ?? this.encoder
    if (!encoder) {
      throw new InklingError('invalid-input', 'no model is loaded yet: load it before adding documents')
    }
    const [tokens = 0, overlap = 0] = this.index.passageOptions()
    try {
      await encoder.loadAllRows()
      return await encoder.encodePassages(documents, tokens, overlap)
    } catch (thrown) {
      // Both are of one module.
      if (isBroken(thrown)) this.#documentsEncoder = this.encoder = undefined
      throw thrown
    }
  }
}
