/** Waiting, but not for ever: a network, or the browser's own storage, may leave a question open. */
import { InklingError } from '../errors.js'

/** What a promise gives, or an error with the code `network` when it has not settled after so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>, what = 'nothing has come'): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const error = new InklingError(
      'network',
      `${what} for ${Math.floor(milliseconds / 1000)} seconds: is the network there?`,
    )
    timer = setTimeout(() => reject(error), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** What some promises give, once all of them have settled; the error of the first that has one. */
export async function together<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

/** Work that reads something and work that changes it: readers have it together, a change has it alone, in the order in which they come. */
export class Turns {
  #changes: Promise<unknown> = Promise.resolve()
  #reads: Promise<unknown> = Promise.resolve()

  /** Begins when the changes before it are done. */
  read<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work)
    // Without what they give, which nobody would let go of.
    this.#reads = Promise.allSettled([this.#reads, done]).then(() => {})
    return done
  }

  /** Begins when everything before it is done. */
  change<T>(work: () => T | Promise<T>): Promise<T> {
    const done = Promise.allSettled([this.#changes, this.#reads]).then(work)
    this.#changes = done.then(
      () => {},
      () => {},
    )
    return done
  }
}
