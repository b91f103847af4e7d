/** Where the worker comes from. A page that is one file has another of these: `www/single/start-worker.ts`. */

/** Starts the worker of this package. */
export function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'inkling' })
}
