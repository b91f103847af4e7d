/** Where a page's worker comes from. A page that is one file has another of these, `www/single/start.ts`. */
import { inklingPolicy } from './policy.js'

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
