/** What those who run the site are told in the page's console when something fails: what, and what to do about it. */
import type { InklingError } from '../errors.js'

/** What to do about errors whose message does not say it. */
const CURES: Partial<Record<string, string>> = {
  'not-found': 'put the folder that `inkling index` wrote where `src` points, or change `src`',
  blocked: 'in script-src, in the headers of the page and of worker.js alike',
}

/** Told already: one line for each failure, also where several boxes share a search. */
const told = new WeakSet<object>()

/** Writes one line into the console. */
export function tellOwner(error: InklingError, src: string): void {
  if (told.has(error)) return
  told.add(error)
  const cure = CURES[error.code]
  console.error(`inkling-search: ${error.message} (${error.code}, src="${src}")${cure ? `: ${cure}` : ''}`)
}
