/** Whether the visitor has removed what was stored of this page: then nothing is stored again unasked. */

const KEY = 'northlight-removed'

/** Whether that is so. */
export const isRemoved = (): boolean => localStorage.getItem(KEY) !== null

/** Remembers the visitor's choice. */
export function setRemoved(removed: boolean): void {
  if (removed) localStorage.setItem(KEY, 'yes')
  else localStorage.removeItem(KEY)
}
