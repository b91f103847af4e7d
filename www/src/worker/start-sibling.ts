/**
 * Where the worker's own workers come from: `scripts/build.mjs` puts this into `worker.js` in place of `start.ts`.
 * They are what it is itself, so it needs no bundler to find them, and a bundler that follows every worker it finds, as that
 * of Next.js does, is not led around in a circle.
 */
import { inklingPolicy } from './policy.js'

/** Starts another worker like the one that this runs in. */
export function startWorker(): Worker {
  const address = globalThis.location.href
  const options: WorkerOptions = { name: 'inkling' }
  if (isModule()) options.type = 'module'
  return new Worker(inklingPolicy()?.createScriptURL(address) ?? address, options)
}

/** Whether this worker is a module, as in the package, or a classic script, as some bundlers make it of one. */
function isModule(): boolean {
  try {
    // Of nothing, it does nothing, but modules may not.
    ;(globalThis as unknown as { importScripts(): void }).importScripts()
    return false
  } catch {
    return true
  }
}
