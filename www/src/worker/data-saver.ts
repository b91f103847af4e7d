/** Whether a visitor has to be asked before the model is fetched: it is by far the largest part of a search. */

import { keyOf, SEARCH_CACHE, wholeBody } from './stored.js'

/** The part of the Network Information API that is used here; only some browsers have it. */
interface Connection {
  saveData?: boolean
  effectiveType?: string
  type?: string
}

/** Whether this visitor asked to save data, or is on a slow or metered connection. */
export function savesData(): boolean {
  const { saveData, effectiveType, type } =
    (globalThis.navigator as { connection?: Connection } | undefined)?.connection ?? {}
  const slow = effectiveType !== undefined && effectiveType !== '4g'
  return (
    saveData === true ||
    slow ||
    type === 'cellular' ||
    globalThis.matchMedia?.('(prefers-reduced-data: reduce)').matches === true
  )
}

interface Manifest {
  files: { path: string; bytes: number; sha256: string; needed: string }[]
}

/**
 * The bytes of the model, and of the vectors that it is for, that the visitor has to be asked for; undefined where there is nothing to ask.
 *
 * @param url the folder of the search, with a closing slash
 */
export async function bytesToAskFor(
  url: string,
  { semantic = 'now', cache = true }: { semantic?: 'now' | 'auto' | 'ask'; cache?: boolean },
): Promise<number | undefined> {
  if (!url || semantic === 'now' || (semantic === 'auto' && !savesData())) return undefined
  const kept = cache ? await globalThis.caches?.open(SEARCH_CACHE).catch(() => undefined) : undefined
  const response = await fetch(`${url}manifest.json`).catch(() => kept?.match(`${url}manifest.json`))
  const manifest = (await response?.json().catch(() => undefined)) as Manifest | undefined
  let bytes = 0
  for (const file of manifest?.files ?? []) {
    if (file.needed !== 'model' && file.needed !== 'meaning') continue
    const stored = await kept?.match(keyOf(`${url}${file.path}`, file.sha256))
    if (!(await wholeBody(stored, file.sha256))) bytes += file.bytes
  }
  return semantic === 'ask' || bytes > 0 ? bytes : undefined
}
