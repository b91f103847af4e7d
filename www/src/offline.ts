/** A site that works without a network, as its page sees it: the service worker's state, and what is stored. */
import { InklingError } from './errors.js'
import { SEARCH_CACHE, siteCache, wholeBody } from './worker/stored.js'

/**
 * How far the site is stored.
 *
 * - `off`: it is not, or no longer
 * - `storing`: its files are being fetched for the first time
 * - `stored`: it opens without a network
 * - `update`: so it does, and a newer version is stored whole, too: {@link Offline.update} changes to it
 * - `replaced`: another page has changed to the newer version; this one should be loaded again
 * - `failed`: a file could not be stored or was not the one it should be; nothing has changed, and the next visit tries again
 */
export type OfflineState = 'off' | 'storing' | 'stored' | 'update' | 'replaced' | 'failed'

/** What is stored of a site. */
export interface Stored {
  /** Files, those of the search included. */
  files: number
  /** Their bytes together. */
  bytes: number
  /** Whether a whole model is among them, so that the search works by meaning. */
  model: boolean
  /** Bytes that the browser counts for the whole origin, where it says so: with its own overhead. */
  usage?: number
}

/** Options of {@link Offline}. */
export interface OfflineOptions {
  /** The service worker, at the root of the site. Relative addresses start at the page. Default `service-worker.js`. */
  script?: string | URL
  /** Called with each new state. */
  onChange?: (state: OfflineState) => void
}

/** Keeps a site for use without a network, says how much that takes, and removes it again. */
export class Offline {
  readonly #script: URL
  readonly #onChange: ((state: OfflineState) => void) | undefined
  #registration: ServiceWorkerRegistration | undefined
  #state: OfflineState = 'off'
  /** True once this page has asked the newer version to take over. */
  #updating = false

  /** @throws InklingError `unsupported-browser` where there are no service workers: only https and localhost have them. */
  constructor({ script = 'service-worker.js', onChange }: OfflineOptions = {}) {
    if (!Offline.supported)
      throw new InklingError('unsupported-browser', 'this page cannot be stored: serve it by https')
    this.#script = new URL(script, document.baseURI)
    this.#onChange = onChange
    const hadVersion = Boolean(navigator.serviceWorker.controller)
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (this.#updating) location.reload()
      // The first version takes over the page that stored it: that is the same version.
      else if (hadVersion) this.#become('replaced')
    })
  }

  /** Whether this page can be stored at all. */
  static get supported(): boolean {
    return globalThis.navigator?.serviceWorker !== undefined && globalThis.caches !== undefined
  }

  /** How far the site is stored. */
  get state(): OfflineState {
    return this.#state
  }

  /** The folder that is kept: the one of the service worker. */
  get scope(): string {
    return new URL('./', this.#script).href
  }

  /** Stores the site, or looks for a newer version of it. Resolves as soon as that has begun. */
  async start(): Promise<void> {
    // `trusted` throws where the page's policy forbids it, `register` rejects where the script is missing.
    const register = async () => navigator.serviceWorker.register(trusted(this.#script), { scope: this.scope })
    const registration = await register().catch(() => undefined)
    if (!registration) return this.#become('failed')
    this.#registration = registration
    registration.addEventListener('updatefound', () => this.#follow(registration.installing))
    this.#follow(registration.installing)
    // What browsers dropped when space was short is fetched again.
    registration.active?.postMessage('inkling: store')
    this.#become(this.#stateNow())
  }

  /** Changes to the newer version that is stored, and loads the page again. Without effect where there is none. */
  update(): void {
    const next = this.#registration?.waiting
    if (!next) return
    this.#updating = true
    next.postMessage('inkling: take over')
  }

  /** Removes all that is stored under this site's address: the page, the index and the model. */
  async clear(): Promise<void> {
    const registration = this.#registration ?? (await navigator.serviceWorker.getRegistration(this.scope))
    await registration?.unregister()
    this.#registration = undefined
    // Searches that are still fetching keep nothing more.
    new BroadcastChannel(SEARCH_CACHE).postMessage(this.scope)
    await caches.delete(siteCache(this.scope))
    const cache = await caches.open(SEARCH_CACHE)
    for (const request of await cache.keys()) if (request.url.startsWith(this.scope)) await cache.delete(request)
    this.#become('off')
  }

  /** Counts what is stored. */
  async stored(): Promise<Stored> {
    const stored: Stored = { files: 0, bytes: 0, model: false }
    for (const name of [siteCache(this.scope), SEARCH_CACHE]) {
      if (!(await caches.has(name))) continue
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        if (!request.url.startsWith(this.scope)) continue
        const size = (await (await cache.match(request))?.blob())?.size ?? 0
        stored.files += 1
        stored.bytes += size
        const [, folder, weights] = /^(.*)\/weights\.safetensors\?sha256=(.*)$/.exec(request.url) ?? []
        // What encodes documents answers no query.
        if (weights && !folder?.endsWith('/documents') && (await wholeBody(await cache.match(request), weights)))
          stored.model = true
      }
    }
    const { usage } = (await navigator.storage?.estimate?.()) ?? {}
    return usage === undefined ? stored : { ...stored, usage }
  }

  #follow(worker: ServiceWorker | null | undefined): void {
    let installed = false
    worker?.addEventListener('statechange', () => {
      // After it was removed, or replaced, nothing that it does matters.
      if (!this.#registration || this.#state === 'replaced') return
      if (worker.state === 'redundant' && !installed) return this.#become('failed')
      installed = true
      this.#become(this.#stateNow())
    })
  }

  #stateNow(): OfflineState {
    const { active, waiting } = this.#registration ?? {}
    if (waiting && active) return 'update'
    return active ? 'stored' : 'storing'
  }

  #become(state: OfflineState): void {
    if (state === this.#state) return
    this.#state = state
    this.#onChange?.(state)
  }
}

/** What registers scripts where a page's policy asks for Trusted Types; compilers do not know them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

/** Made once: a content policy may refuse a second one of the same name. */
let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** The script's address, as the page's policy wants it. The address is the site's own: it never comes from data. */
function trusted(script: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  policy ??= trustedTypes?.createPolicy('inkling-offline', { createScriptURL: (url) => url })
  return policy ? policy.createScriptURL(script.href) : script.href
}
