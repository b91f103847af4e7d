/** The index of a site as a visitor's browser fetches it: its manifest, and the files that this names. */
import { InklingError } from '../errors.js'
import type { Progress } from '../types.js'
import type { GlueManifest, GlueSearch, Opens } from './glue.js'
import { needsLanguages } from './module-names.js'
import { sha256 } from './sha256.js'
import { type Current, Loading, Store, type StoreOptions } from './store.js'
import { filesOf, type IndexFile, listedIn, NAMES } from './stored.js'
import { together } from './wait.js'

/** A manifest, and the SHA-256 of its file. */
interface Described {
  manifest: GlueManifest
  /** Whether the index is in a language that another module knows. */
  needsLanguages: boolean
  files: ReadonlyMap<string, IndexFile>
  sha256: string
}

/** Where the files of clusters are, which no manifest names. */
const CLUSTERS = 'index/vectors/'

/** The code of an error of this package. */
export const codeOf = (thrown: unknown): unknown => (thrown as { code?: unknown } | undefined)?.code

/** The folder of an index, opened by its manifest. */
export class Site {
  readonly #store: Store
  readonly #glue: Opens<GlueSearch>
  /** The SHA-256 that the page asks of the manifest. */
  readonly #integrity: string | undefined
  #now: Described
  /** The files of clusters, once their list has come. */
  clusters: readonly IndexFile[] = []

  private constructor(store: Store, glue: Opens<GlueSearch>, integrity: string | undefined, now: Described) {
    this.#store = store
    this.#glue = glue
    this.#integrity = integrity
    this.#now = now
  }

  /** Loads the index at an address without the codes of its vectors: with the hash of a manifest as `again` that very one. */
  static async open<S extends GlueSearch>(
    url: string,
    { again, integrity, ...options }: StoreOptions & { again?: string },
    glue: Opens<S>,
    onProgress: (progress: Progress) => void,
  ): Promise<{ site: Site; index: S }> {
    const store = new Store(url, options)
    const { value, before, bytes } = await current(store, glue, again ?? integrity)
    const site = new Site(store, glue, integrity, value)
    const load = async () => {
      const loading = new Loading(onProgress, site.bytes('index'))
      const { manifest, needsLanguages } = site.#now
      const known = needsLanguages ? glue.loadLanguages?.() : undefined
      // Where a file is missing, too, that is what is said.
      known?.catch(() => {})
      const files = await together(
        manifest.first().map(async (path) => [path, await site.fixed(path, loading)] as const),
      )
      await known
      return new glue.Search(manifest, new Map(files))
    }
    try {
      const index = await load()
      if (bytes && before?.sha256 !== value.sha256) site.#keep(bytes, before)
      return { site, index }
    } catch (thrown) {
      if (codeOf(thrown) === 'replaced' || !before || before.sha256 === value.sha256) throw thrown
      // A deployment that is not there whole, or no network for it: the index that was kept goes on.
      site.#now = before
      const index = await load().catch(() => {
        throw thrown
      })
      return { site, index }
    }
  }

  /** The SHA-256 of the manifest. */
  get integrity(): string {
    return this.#now.sha256
  }

  /** The bytes of all files that are needed for something. */
  bytes(...wanted: IndexFile['needed'][]): number {
    let bytes = 0
    for (const file of this.#now.files.values()) if (wanted.includes(file.needed)) bytes += file.bytes
    return bytes
  }

  /** The paths of all files that are needed for something. */
  paths(wanted: IndexFile['needed']): string[] {
    return [...this.#now.files.values()].filter(({ needed }) => needed === wanted).map(({ path }) => path)
  }

  /** Takes the list of the files of clusters. */
  take(list: Uint8Array): void {
    this.clusters = listedIn(JSON.parse(new TextDecoder().decode(list)))
  }

  /** What the manifest says of a file. */
  file(path: string): IndexFile {
    const file = this.#now.files.get(path)
    if (!file) throw new InklingError('damaged-file', `manifest.json does not name ${path}: build the index again`)
    return file
  }

  /** Whether the manifest names a file. */
  has(path: string): boolean {
    return this.#now.files.has(path)
  }

  /** A file of this index. Where it is not there any more because the site has been updated, the error says so. */
  async fixed(path: string, loading?: Loading, file = this.file(path)): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#store.fixed(file.path, file, loading)
    } catch (thrown) {
      throw await this.explain(thrown)
    }
  }

  /** What an error of a file of this index comes from: the code is `replaced` where the site has another index now. */
  async explain(thrown: unknown): Promise<unknown> {
    const isGone = ['not-found', 'hash-mismatch'].includes(String(codeOf(thrown)))
    if (!isGone || !(await this.#isReplaced())) return thrown
    const what = 'the site was updated while its search was open: load the page again'
    return new InklingError('replaced', what, { cause: thrown })
  }

  async #isReplaced(): Promise<boolean> {
    try {
      const { value } = await current(this.#store, this.#glue, this.#integrity)
      value.manifest.free()
      return value.sha256 !== this.#now.sha256
    } catch {
      return false
    }
  }

  /** Keeps the manifest, whose index has loaded, and drops what is kept of an older one. */
  #keep(bytes: Uint8Array<ArrayBuffer>, before: Described | undefined): void {
    const wanted = new Map<string, string | undefined>()
    for (const path of before?.files.keys() ?? []) wanted.set(path, undefined)
    for (const { path, sha256 } of this.#now.files.values()) wanted.set(path, sha256)
    const listOf = ({ files }: Described) => files.get(NAMES.clusters)?.sha256
    this.#store.dropOthers(wanted, !before || listOf(before) === listOf(this.#now) ? undefined : CLUSTERS)
    this.#store.keep(NAMES.manifest, bytes)
  }
}

/** The manifest that the site has now, or the one that was kept. */
function current(store: Store, glue: Opens<GlueSearch>, integrity: string | undefined): Promise<Current<Described>> {
  return store.changing(NAMES.manifest, (bytes) => {
    const hash = sha256(bytes)
    if (integrity !== undefined && integrity !== hash) {
      const what = 'manifest.json is not the one that `integrity` names: give the hash of the one that is deployed'
      throw new InklingError('hash-mismatch', what)
    }
    const manifest = new glue.Manifest(bytes)
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const files = filesOf(json) ?? []
    return {
      manifest,
      sha256: hash,
      needsLanguages: needsLanguages(json),
      files: new Map(files.map((file) => [file.path, file])),
    }
  })
}
