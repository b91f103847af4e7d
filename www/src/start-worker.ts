/** Where the worker comes from. A page that is one file has another of these: `www/single/start-worker.ts`. */

/** The part of Trusted Types that is used here; the compiler's own library has no types for it yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** Starts the worker of this package. Under Trusted Types its address needs the policy `inkling`. */
export function startWorker(): Worker {
  const original = globalThis.Worker
  const rules = inklingPolicy()
  if (!rules) return start()
  const trust = (url: string | URL) => rules.createScriptURL(String(url))
  // Bundlers find a worker only where `new Worker(new URL(…))` stands literally, and know the address that it gets in the
  // end. So that very expression stays, and for as long as it runs, which nothing can interrupt, `Worker` trusts it.
  globalThis.Worker = class extends original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(trust(url), options)
    }
  }
  try {
    return start()
  } finally {
    globalThis.Worker = original
  }
}

function start(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'inkling' })
}

/** Undefined where the browser has no Trusted Types, and where the site's policy does not list the name. */
function inklingPolicy(): typeof policy {
  try {
    policy ??= (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('inkling', { createScriptURL: (url) => url })
  } catch {
    // Where nothing is enforced the worker starts without; else its own error says what is missing.
  }
  return policy
}
