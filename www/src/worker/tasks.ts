/** Work in tasks of its own: what came meanwhile, a key on the page or a message in the worker, has its turn between them. */

/** Ends when what came meanwhile has had its turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

/** Runs a job when what came meanwhile has had its turn, unless the signal is aborted by then. */
export function inNextTask(job: () => void, signal: AbortSignal): void {
  setTimeout(() => signal.aborted || job())
}
