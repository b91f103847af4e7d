/** Whether a visitor has to be asked before the model is fetched: it is by far the largest part of a search. */

import { filesOf, keyOf, NAMES, SEARCH_CACHE, wholeBody } from './stored.js'
import { within } from './wait.js'

/** How long the network or the storage may take to answer, in milliseconds. */
const PATIENCE_MS = 4000

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

/**
 * The bytes of the model, and of the vectors that it is for, that the visitor has to be asked for; undefined where there is nothing to ask.
 *
 * @param url the folder of the search, with a closing slash
 */
export async function bytesToAskFor(
  url: string,
  { model = 'now', cache = true }: { model?: 'now' | 'auto' | 'ask'; cache?: boolean },
): Promise<number | undefined> {
  if (!url || model === 'now' || (model === 'auto' && !savesData())) return undefined
  // Where neither network nor storage answers the visitor is asked all the same, for a size that nobody knows.
  const bytes = await within(3 * PATIENCE_MS, missing(url, cache)).catch(() => undefined)
  return model === 'ask' || bytes !== 0 ? (bytes ?? 0) : undefined
}

/** The bytes of the model and the vectors that are not kept. */
async function missing(url: string, cache: boolean): Promise<number> {
  const opened = cache ? globalThis.caches?.open(SEARCH_CACHE) : undefined
  const kept = opened && (await within(PATIENCE_MS, opened).catch(() => undefined))
  const read = async (response: Response | undefined) => {
    const files = filesOf(await response?.json())
    if (!files) throw new Error(`${address} is not the manifest of an index`)
    return files
  }
  const address = `${url}${NAMES.manifest}`
  const fetched = within(
    PATIENCE_MS,
    fetch(address).then((response) => read(response)),
  )
  const files = await fetched.catch(async () => read(await kept?.match(address)))
  let bytes = 0
  for (const file of files) {
    if (file.needed !== 'model' && file.needed !== 'meaning') continue
    const stored = await kept?.match(keyOf(`${url}${file.path}`, file.sha256))
    if (!(await wholeBody(stored, file.sha256))) bytes += file.bytes
  }
  return bytes
}
