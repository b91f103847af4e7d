import { cancelled, InklingError, type InklingErrorCode } from '../errors.js'
import { folderUrl } from '../worker/client.js'
import { filterKey, type Remote, type RemoteHit, type RemoteOptions } from './remote.js'

/** Options of {@link qdrant}. */
export interface QdrantOptions {
  /** The address of the server: `https://search.example.org:6333`. It must allow requests from the page's origin (CORS). */
  url: string | URL
  /** The collection that `inkling export --to qdrant` has filled. */
  collection: string
  /** A key that may read. Every visitor can see it, so give none that may write. */
  apiKey?: string
}

/** A point as Qdrant answers it, with the payload of `inkling export`. */
interface Point {
  id: string | number
  score: number
  payload?: {
    document_id: string
    title: string
    url: string | null
    text: string
    start: number
    end: number
    fields: Record<string, unknown>
  } | null
}

/**
 * A collection in Qdrant, asked over its REST interface.
 *
 * Reference: https://api.qdrant.tech/api-reference/search/query-points
 */
export function qdrant<Fields = Record<string, unknown>>({ url, collection, apiKey }: QdrantOptions): Remote<Fields> {
  if (typeof collection !== 'string' || collection === '')
    throw new InklingError('invalid-input', 'collection is missing: give its name')
  const address = new URL(`collections/${encodeURIComponent(collection)}/points/query`, folderUrl(url))
  const headers = { 'content-type': 'application/json', ...(apiKey !== undefined && { 'api-key': apiKey }) }
  return {
    async search(vector, { limit, filters, signal }) {
      const body = { query: Array.from(vector), limit, with_payload: true, ...(filters && { filter: filter(filters) }) }
      const answer = await post(address, headers, body, signal)
      return points(answer, address).map((point) => hit<Fields>(point, collection))
    },
  }
}

/** One of the values of every field. */
function filter(filters: NonNullable<RemoteOptions['filters']>): unknown {
  const any = (field: string, values: readonly string[]) => values.map((value) => filterKey(field, value))
  return {
    must: Object.entries(filters).map(([field, values]) => ({ key: 'filters', match: { any: any(field, values) } })),
  }
}

async function post(
  url: URL,
  headers: Record<string, string>,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  let response, text
  try {
    response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) })
    text = await response.text()
  } catch (cause) {
    if (signal?.aborted) throw cancelled('the caller cancelled this', signal.reason)
    throw new InklingError(
      'network',
      `Qdrant cannot be reached at ${url.origin}: is it running, and does it allow this page's origin?`,
      { cause },
    )
  }
  const answer = parse(text)
  if (response.ok) return answer
  const why = (answer as { status?: { error?: unknown } } | undefined)?.status?.error
  throw new InklingError(
    codeOf(response.status),
    `Qdrant answered ${response.status}: ${typeof why === 'string' ? why : text.slice(0, 200)}`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(status: number): InklingErrorCode {
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 404) return 'not-found'
  return status === 400 || status === 422 ? 'invalid-input' : 'network'
}

function points(answer: unknown, url: URL): Point[] {
  const found = (answer as { result?: { points?: unknown } } | undefined)?.result?.points
  if (!Array.isArray(found))
    throw new InklingError(
      'network',
      `what ${url.origin} answered is not from Qdrant (1.10 or later): check the address`,
    )
  return found
}

function hit<Fields>({ id, score, payload }: Point, collection: string): RemoteHit<Fields> {
  if (typeof payload?.document_id !== 'string') {
    throw new InklingError(
      'invalid-input',
      `point ${id} is not of \`inkling export\`: fill the collection ${collection} with it`,
    )
  }
  const { document_id, title, url, text, start, end, fields } = payload
  return {
    id: document_id,
    cosine: score,
    title,
    ...(url !== null && url !== undefined && { url }),
    fields: fields as Fields,
    passage: { text, start, end },
  }
}
