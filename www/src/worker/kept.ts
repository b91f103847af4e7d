/** Files that the browser keeps in its Cache Storage, where it has that and lets us: search works without, too. */
import { InklingError } from '../errors.js'
import { SEARCH_CACHE } from './stored.js'
import { within } from './wait.js'

/** How many milliseconds the storage may take to answer: then the search goes on as if it were not there. */
const STORAGE_DEADLINE = 2000

/**
 * The folders of what the visitor has removed since this search began: what of it is still on its way is not kept. Both scripts of a
 * worker have this code, and know of the same.
 */
function removed(): string[] {
  const worker = globalThis as { inklingRemoved?: string[] }
  worker.inklingRemoved ??= []
  return worker.inklingRemoved
}

let channel: BroadcastChannel | undefined

/** The cache of the search's files, each under its address with its hash behind it: a file that changed on the site is another entry. */
export class Kept {
  readonly #cache: Cache
  /** Set once it has left a question open: then nothing is asked of it any more. */
  #isStuck = false

  private constructor(cache: Cache) {
    this.#cache = cache
  }

  /** Opens the cache, where this browser has one: only pages from https, localhost or a file do. */
  static async open(): Promise<Kept | undefined> {
    try {
      if (!channel) {
        channel = new BroadcastChannel(SEARCH_CACHE)
        channel.onmessage = ({ data }) => removed().push(data)
        // Node would not end before.
        const { unref } = channel as { unref?: () => void }
        unref?.call(channel)
      }
      return new Kept(await within(STORAGE_DEADLINE, globalThis.caches.open(SEARCH_CACHE)))
    } catch {
      return undefined
    }
  }

  /** What is kept under a key. */
  get(key: string): Promise<Response | undefined> {
    return this.#asked((cache) => cache.match(key))
  }

  /** Keeps a file; false where storage is full or forbidden, or has been emptied by the visitor. */
  async put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const isRemoved = () => removed().some((folder) => key.startsWith(folder))
    try {
      if (isRemoved()) return false
      await this.#cache.put(key, new Response(bytes))
      if (isRemoved()) await this.forget(key)
      return true
    } catch {
      return false
    }
  }

  /** Drops what is kept under a key. */
  async forget(key: string): Promise<void> {
    await this.#asked((cache) => cache.delete(key))
  }

  /** Drops all but what `wanted` says of the keys. */
  async forgetUnless(wanted: (key: string) => boolean): Promise<void> {
    for (const request of (await this.#asked((cache) => cache.keys())) ?? [])
      if (!wanted(request.url)) await this.#asked((cache) => cache.delete(request))
  }

  /** What the storage answers, if it does. */
  async #asked<T>(ask: (cache: Cache) => Promise<T>): Promise<T | undefined> {
    if (this.#isStuck) return undefined
    try {
      return await within(STORAGE_DEADLINE, ask(this.#cache))
    } catch (thrown) {
      this.#isStuck = thrown instanceof InklingError
      return undefined
    }
  }
}
