/**
 * What a worker begins to read before there is a module to read it: the two take about as long. Nothing is checked here, neither versions
 * nor hashes: the store does that when it takes them.
 */
import { filesOf, keyOf, NAMES, SEARCH_CACHE } from './stored.js'

/** Files by their path below a folder, as far as they are there. */
type EarlyFiles = ReadonlyMap<string, Promise<Response | undefined>>

/** Reads that have begun: of what is kept here, and of what the site was asked for. */
export interface Early {
  kept?: EarlyFiles
  asked: EarlyFiles
}

/** How many milliseconds a site may take to begin its answer: the browser would have the next one who asks for the same wait for it. */
const PATIENCE = 4000

/** Begins to read the files of a model. */
export function readModelEarly(url: string): Early {
  const kept = async (path: string) => (await caches.open(SEARCH_CACHE)).match(url + path, { ignoreSearch: true })
  const { config, tokenizer, weights } = NAMES
  return {
    kept: new Map([weights, tokenizer].map((path) => [path, orNothing(kept(path))])),
    asked: new Map([[config, orNothing(ask(url + config))]]),
  }
}

/**
 * Begins to read the manifest of an index, and the files that it says every search needs: over a slow line these two rounds are a part of
 * what a first visit waits for. Files that are kept are left to the store.
 */
export function readIndexEarly(url: string, keeps: boolean): Early {
  const asked = new Map<string, Promise<Response | undefined>>()
  const isKept = async (key: string) => {
    const cache = keeps ? await globalThis.caches?.open(SEARCH_CACHE) : undefined
    return (await cache?.match(key)) !== undefined
  }
  const manifest = async () => {
    const response = await ask(url + NAMES.manifest)
    const files = (response.ok && filesOf(await response.clone().json())) || []
    for (const { path, needed, sha256 } of files) {
      if (needed !== 'index') continue
      const address = url + path
      asked.set(path, orNothing(isKept(keyOf(address, sha256)).then((kept) => (kept ? undefined : ask(address)))))
    }
    return response
  }
  asked.set(NAMES.manifest, orNothing(manifest()))
  return { asked }
}

const orNothing = (response: Promise<Response | undefined>) => response.catch(() => undefined)

function ask(address: string): Promise<Response> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), PATIENCE)
  return fetch(address, { cache: 'no-cache', signal: stop.signal }).finally(() => clearTimeout(late))
}
