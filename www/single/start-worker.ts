/** The worker of a page that is one file. */

/**
 * Starts the worker from the script that the page carries as text. It is a classic one: Chromium starts no module worker
 * from a page that was opened from disk.
 */
export function startWorker(): Worker {
  const script = document.getElementById('inkling-worker')?.textContent ?? ''
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  try {
    return new Worker(url, { name: 'inkling' })
  } finally {
    // The worker has begun to read it; the address is needed no longer.
    URL.revokeObjectURL(url)
  }
}
