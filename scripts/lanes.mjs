// Steps that are done at the same time, and the table of what each took.

import { done, endCommands, kept, say } from './lib.mjs'

/** @typedef {() => Promise<unknown>} Work */

/**
 * Does lists of steps side by side, each list in its order. What the commands of a step print is kept until that step is
 * done, so that lines do not mix. The first failure ends the commands of the others, and is what this fails with.
 * @param {Work[][]} lists
 * @param {{ quiet?: boolean }} [options] `quiet` prints what a step that failed has said, and of the others nothing
 */
export async function sideBySide(lists, { quiet = false } = {}) {
  const outer = kept.getStore()
  /** @type {{ error: unknown } | undefined} */
  let failure
  /** @param {Work[]} list */
  const follow = async (list) => {
    for (const step of list) {
      if (failure) return
      const store = { chunks: /** @type {(string | Buffer)[]} */ ([]) }
      const flush = () => {
        if (outer) outer.chunks.push(...store.chunks)
        else process.stdout.write(Buffer.concat(store.chunks.map((chunk) => Buffer.from(chunk))))
      }
      try {
        await kept.run(store, step)
        if (!quiet) flush()
      } catch (error) {
        if (failure) return
        failure = { error }
        flush()
        endCommands()
      }
    }
  }
  await Promise.all(lists.map(follow))
  if (failure) throw failure.error
}

/**
 * Does a step, announced and timed for the table.
 * @template T
 * @param {string} name @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function timed(name, work) {
  say(name)
  const start = Date.now()
  const result = await work()
  done.push({ name, seconds: (Date.now() - start) / 1000 })
  return result
}

/** What was done, a line each: seconds, tests that passed and failed, and the step's name. */
export function table() {
  const lines = done.map(({ name, seconds, passed, failed }) => {
    const tests = passed === undefined ? '' : failed ? `${passed}, ${failed} failed` : String(passed)
    return `${seconds.toFixed(1).padStart(8)}  ${tests.padStart(12)}  ${name}`
  })
  return ['', ' seconds         tests  step', ...lines].join('\n')
}
