/** The worker of a page that is one file. */
import { takeBlocks } from './files.js'

let script: Blob | undefined

/** Takes the worker's script out of the page: to be done before a search is created. */
export async function takeWorker(): Promise<void> {
  const parts: string[] = []
  for await (const { text } of takeBlocks('script[data-inkling-worker]')) parts.push(text)
  script = new Blob(parts, { type: 'text/javascript' })
}

/** Starts the worker. It is a classic one: Chromium starts no module worker from a page that was opened from disk. */
export function startWorker(): Worker {
  const url = URL.createObjectURL(script ?? new Blob())
  try {
    return new Worker(url, { name: 'inkling' })
  } finally {
    // The worker has begun to read it; the address is needed no longer.
    URL.revokeObjectURL(url)
  }
}
