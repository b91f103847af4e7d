/** For search as you type: of many questions in a row, only the newest answer is wanted. */

import { cancelled, type InklingError } from '../errors.js'
import { onAbort } from './client.js'

interface Ticket {
  run(): Promise<void>
  cancel(error: InklingError): void
}

/**
 * Runs one job at a time. A new job cancels the one before it: its promise rejects at once with the code `cancelled`,
 * and if it had not started it never does. So a fast typist never makes the worker compute a queue of stale answers.
 */
export class Latest {
  #newest: Ticket | undefined
  #running = false

  /** Runs `job` as soon as the one before it has ended. The job's signal says when nobody waits for it any more. */
  run<T>(job: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#newest?.cancel(cancelled('a later query took the place of this one'))
    return new Promise<T>((resolve, reject) => {
      const controller = new AbortController()
      const cancel = (error: InklingError) => {
        if (controller.signal.aborted) return
        controller.abort(error)
        reject(error)
      }
      const stopListening = onAbort(signal, cancel)
      const run = async () => {
        try {
          if (!controller.signal.aborted) resolve(await job(controller.signal))
        } catch (error) {
          reject(error)
        } finally {
          stopListening()
        }
      }
      this.#newest = { run, cancel }
      void this.#pump()
    })
  }

  async #pump(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let last: Ticket | undefined; this.#newest && this.#newest !== last; ) {
      last = this.#newest
      await last.run()
    }
    this.#newest = undefined
    this.#running = false
  }
}
