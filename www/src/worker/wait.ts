/** Waiting, but not for ever: a network, or the browser's own storage, may leave a question open. */
import { InklingError } from '../errors.js'

/** What a promise gives, or an error with the code `network` when it has not settled after so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const error = new InklingError(
      'network',
      `nothing has come for ${milliseconds / 1000} seconds: is the network there?`,
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
