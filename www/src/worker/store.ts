/**
 * Files of a site: fetched with progress, checked against their hashes, and kept in the browser's Cache Storage, so that a second visit, or
 * one without a network, needs no request.
 */
import { InklingError } from '../errors.js'
import type { Progress } from '../types.js'
import type { Early } from './early.js'
import { BACKOFF, download, fetchWhole, isPassing, readWhole } from './fetching.js'
import { Kept } from './kept.js'
import type { LoadOptions } from './protocol.js'
import { sha256 } from './sha256.js'
import { webGpu } from './simd.js'
import { isHash, keyOf, sha256Of, VERSION } from './stored.js'
import { pause, within } from './wait.js'

/** How many milliseconds the network may take where a kept copy, or words, can answer instead, and the storage for a file's next bytes. */
export const PATIENCE = 4000

/** What a file must be. */
export interface Digest {
  bytes: number
  sha256: string
}

/** A file that may change, as it has been understood. */
export interface Current<T> {
  /** What it says. */
  value: T
  /** What was kept of it, where `value` has just come. */
  before?: T
  /** What is to be kept once it has proved good; nothing where `value` was kept, or given. */
  bytes?: Uint8Array<ArrayBuffer>
}

/** Bytes over all files of one load. */
export class Loading {
  readonly #tell: (progress: Progress) => void
  readonly total: number
  loaded = 0

  /** Of files of `total` bytes together. */
  constructor(tell: (progress: Progress) => void, total: number) {
    this.#tell = tell
    this.total = total
  }

  /** Tells of `bytes` more. */
  advance(stage: Progress['stage'], file: string, bytes: number): void {
    this.loaded += bytes
    this.#tell({ stage, file, loaded: this.loaded, total: Math.max(this.total, this.loaded) })
  }
}

/** How a store is opened. */
export interface StoreOptions extends LoadOptions {
  /** Reads that began before there was a module. */
  early?: Early | undefined
  /** Whether these are the files of a model: too large to be there twice. */
  isModel?: boolean
}

/** The folder of a site, and how its files are loaded. */
export class Store {
  /** Ends in a slash; empty where there is no folder and all files were given. */
  readonly #base: string
  readonly #kept: Promise<Kept | undefined>
  readonly #given: StoreOptions['files']
  readonly #early: Early | undefined
  readonly #isModel: boolean
  /** Whether the caller's copy of a file is in nobody's use once it was read: a GPU is to have it, too. */
  readonly #takesGiven: boolean

  constructor(url: string, { cache = true, files, early, isModel = false, backend = 'auto' }: StoreOptions) {
    this.#base = url && `${url.replace(/\/+$/, '')}/`
    this.#kept = this.#base && cache ? Kept.open() : Promise.resolve(undefined)
    this.#given = files
    this.#early = early
    this.#isModel = isModel
    this.#takesGiven = isModel && (backend === 'cpu' || !webGpu())
  }

  /** A file whose hash is known: one that was given, else from the cache, else from the site. */
  async fixed(path: string, digest: Digest, loading?: Loading): Promise<Uint8Array<ArrayBuffer>> {
    const given = this.#givenAt(path)
    if (given) {
      await this.#verify(path, given, digest)
      if (this.#takesGiven && this.#given instanceof Map) this.#given.delete(path)
      loading?.advance('cache', path, digest.bytes)
      return given
    }
    const address = `${this.#base}${path}`
    const key = keyOf(address, digest.sha256)
    const kept = await this.#keptIntact(path, key, digest)
    if (kept) {
      loading?.advance('cache', path, digest.bytes)
      return kept
    }
    const bytes = await this.#fromSite(path, address, digest, loading)
    await this.#verify(path, bytes, digest)
    // Nobody waits for the storage, which may be slow or stuck.
    void this.#put(key, bytes, digest)
    return bytes
  }

  /**
   * What `read` makes of a file that may change under its name: asked for anew, and taken from the cache when there is no network, or when
   * what came cannot be read: a captive portal answers with a page of its own.
   */
  async changing<T>(path: string, read: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<Current<T>> {
    const given = this.#givenAt(path)
    if (given) return { value: read(given) }
    const address = `${this.#base}${path}`
    const stop = new AbortController()
    const asked = this.#fetchChanging(path, address, stop.signal)
    // Nobody hears of it where the kept copy is late, too.
    asked.catch(() => {})
    const before = await this.#keptReadable(address, read)
    try {
      const bytes = await (before === undefined
        ? asked.catch(async (thrown: unknown) => {
            if (!isPassing(thrown)) throw thrown
            await pause(BACKOFF)
            return this.#fetchChanging(path, address, stop.signal)
          })
        : within(PATIENCE, asked, `${address} was not answered`))
      return { value: read(bytes), bytes, ...(before !== undefined && { before }) }
    } catch (thrown) {
      if (before === undefined) throw thrown
      return { value: before }
    } finally {
      stop.abort()
    }
  }

  /** Keeps what has been understood of a file that may change. Nobody waits for that. */
  keep(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    void this.#kept.then((kept) => kept?.put(`${this.#base}${path}`, bytes))
  }

  /** Something small that this browser keeps for the folder, under a name of ours. */
  async recall(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const key = `${this.#base}${name}`
    const copy = await (await this.#kept)?.get(key)
    return copy && readWhole(copy, key, { deadline: PATIENCE })
  }

  /** Keeps something for {@link recall}. */
  async remember(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await (await this.#kept)?.put(`${this.#base}${name}`, bytes)
  }

  /**
   * Drops other versions of files than the one that is wanted of each: none where that is undefined, and none of what is in a folder that
   * is `left`. Nobody waits for that.
   */
  dropOthers(wanted: ReadonlyMap<string, string | undefined>, left: string | undefined): void {
    const isWanted = (key: string) => {
      const [address = '', version] = key.split(VERSION)
      const path = address.startsWith(this.#base) ? address.slice(this.#base.length) : undefined
      if (version === undefined || path === undefined) return true
      return !(left && path.startsWith(left)) && (!wanted.has(path) || wanted.get(path) === version)
    }
    void this.#kept.then((kept) => kept?.forgetUnless(isWanted))
  }

  async #put(key: string, bytes: Uint8Array<ArrayBuffer>, digest: Digest): Promise<void> {
    const kept = await this.#kept
    if (this.#isModel) {
      const [address] = key.split(VERSION)
      await kept?.forgetUnless((other) => other === key || !other.startsWith(`${address}${VERSION}`))
    }
    if (!(await kept?.put(key, bytes))) return
    // Browsers have been seen to store nothing of it and to say that it went well.
    const stored = await kept?.get(key)
    if (stored && !(await this.#intact(stored, key, digest))) await kept?.forget(key)
  }

  /** A file whose length is known, as it was asked for before there was a module, or now. */
  async #fromSite(
    path: string,
    address: string,
    { bytes: length }: Digest,
    loading: Loading | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const early = await earlyAt(this.#early?.asked, path)
    const whole = early?.ok && (await readWhole(early, address, { length, limit: length }).catch(() => undefined))
    if (!whole || whole.length < length)
      return download(address, length, (more) => loading?.advance('download', path, more))
    loading?.advance('download', path, length)
    return whole
  }

  async #fetchChanging(path: string, address: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const early = await earlyAt(this.#early?.asked, path)
    return early?.ok ? readWhole(early, address, {}) : fetchWhole(address, signal)
  }

  /** What `read` makes of the kept copy of a file that may change. One that it makes nothing of is dropped. */
  async #keptReadable<T>(address: string, read: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T | undefined> {
    const kept = await this.#kept
    const copy = await kept?.get(address)
    if (!copy) return undefined
    try {
      return read(await readWhole(copy, address, { deadline: PATIENCE }))
    } catch {
      await kept?.forget(address)
      return undefined
    }
  }

  /** What is kept of a file, if it is the right version and whole. What is not whole is dropped: storage can be damaged. */
  async #keptIntact(path: string, key: string, digest: Digest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const early = await earlyAt(this.#early?.kept, path)
    const first = early && (await this.#intact(early, key, digest))
    if (first) return first
    const kept = await this.#kept
    const copy = await kept?.get(key)
    const bytes = copy && (await this.#intact(copy, key, digest))
    if (copy && !bytes) await kept?.forget(key)
    return bytes
  }

  /** The body of a kept response, if it is that of the digest. */
  async #intact(response: Response, key: string, digest: Digest): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const bytes = await readWhole(response, key, { length: digest.bytes, deadline: PATIENCE })
      await this.#verify(key, bytes, digest)
      return bytes
    } catch {
      return undefined
    }
  }

  /** Refuses bytes that are not those of the digest. */
  async #verify(name: string, bytes: Uint8Array<ArrayBuffer>, digest: Digest): Promise<void> {
    if (bytes.length === digest.bytes && isHash(await this.#hash(bytes), digest.sha256)) return
    throw new InklingError(
      'hash-mismatch',
      `${name} is not the file it should be (${bytes.length} bytes, ${digest.bytes} promised): fetch or build it again`,
    )
  }

  /** The browser's own SHA-256 is by far the fastest; only secure contexts have it. */
  async #hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    try {
      return await sha256Of(bytes)
    } catch {
      return sha256(bytes)
    }
  }

  /** A file that the caller gave; an error where it is neither given nor to be fetched. */
  #givenAt(path: string): Uint8Array<ArrayBuffer> | undefined {
    const given: unknown = this.#given?.get(path)
    if (given instanceof Uint8Array) return given as Uint8Array<ArrayBuffer>
    if (given !== undefined) throw new InklingError('invalid-input', `files: ${path} is not a Uint8Array`)
    if (this.#base) return undefined
    const what = `${path} is not among \`files\`: add it, or give the \`url\` of the folder that has it`
    throw new InklingError('not-found', what)
  }
}

/** A file that began to be read before there was a module. What is kept of it may be another version. */
async function earlyAt(files: Early['kept'], path: string): Promise<Response | undefined> {
  const early = files?.get(path)
  const response = early && (await within(PATIENCE, early).catch(() => undefined))
  return response?.bodyUsed ? undefined : response
}
