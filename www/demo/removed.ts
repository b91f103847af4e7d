/** Whether the visitor has removed what was stored of this page: then nothing is stored again unasked. */

const KEY = 'northlight-removed'

/** Whether that is so. */
export function isRemoved(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    // Where nothing may be stored, nothing was.
    return false
  }
}

/** Remembers the visitor's choice. */
export function setRemoved(removed: boolean): void {
  if (removed) localStorage.setItem(KEY, 'yes')
  else localStorage.removeItem(KEY)
}
