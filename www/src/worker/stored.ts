/**
 * What lies in the folder of an index, and how its files are kept in Cache Storage, by the search (`store.ts`), by the service worker
 * and by the page: each under its address with its hash behind it, so that two versions of a file are two entries.
 *
 * Rust knows what lies there, too: `tests/data/goldens/contract.json` holds both to the same.
 */

/** Names in the folder of an index, and in that of its model. */
export const NAMES = {
  manifest: 'manifest.json',
  model: 'model/',
  documentsModel: 'model/documents/',
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  weights: 'weights.safetensors',
  rows: 'rows/',
  clusters: 'index/clusters.json',
} as const

/** A file of a site: its path below the service worker, percent-encoded, its length and its SHA-256 in hexadecimal, or half of that. */
export interface ListedFile {
  path: string
  bytes: number
  sha256: string
}

/** A file of an index, as its manifest lists it. */
export interface IndexFile extends ListedFile {
  needed: 'model' | 'rows' | 'documents' | 'meaning' | 'vectors' | 'index' | 'words' | 'hit'
}

/** The files that a list beside a manifest names; none where it is none, or names a path outside its folder. */
export function listedIn(list: unknown): IndexFile[] {
  const { files } = Object(list) as { files?: unknown }
  return filesOf({ format: 0, model: {}, files }) ?? []
}

/** The files of an index; undefined where its manifest is none, whatever its version, or names a path outside its folder. */
export function filesOf(manifest: unknown): IndexFile[] | undefined {
  const { format, model, files } = Object(manifest) as { format?: unknown; model?: unknown; files?: unknown }
  if (typeof format !== 'number' || typeof model !== 'object' || !Array.isArray(files)) return undefined
  return (files as IndexFile[]).every((file) => staysInside(file.path)) ? files : undefined
}

function staysInside(path: string): boolean {
  return !/[\\:?#%]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** The cache of the search's own files: index, documents and model. */
export const SEARCH_CACHE = 'inkling-1'

/** The cache of the page's files, one for each site: sites of one origin must not clean up after each other. */
export const siteCache = (scope: string): string => `inkling-site ${scope}`

/** What stands between the address of a file and its hash in the key that it is kept under. */
export const VERSION = '?sha256='

/** What a version of a file is kept under. */
export const keyOf = (url: string, sha256: string): string => `${url}${VERSION}${sha256}`

/** Length of half of a hash, in hexadecimal digits. */
const SHORT = 32

/** Whether a SHA-256 is the one that is promised, or the one whose first half is. */
export function isHash(found: string, promised: string): boolean {
  return found === promised || (promised.length === SHORT && found.startsWith(promised))
}

/** The SHA-256 of bytes, in hexadecimal. Needs a secure context. */
export async function sha256Of(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * The bytes of a response, if they are those of a hash. What is stored is never taken for granted: disks lose parts of it, and
 * browsers have been seen to store nothing and to say that it went well. Needs a secure context, as Cache Storage does.
 */
export async function wholeBody(response: Response | undefined, sha256: string): Promise<ArrayBuffer | undefined> {
  const body = await response?.arrayBuffer()
  if (!body) return undefined
  return isHash(await sha256Of(body), sha256) ? body : undefined
}

/** What the service worker stores, as `write-service-worker.js` writes it in front of the worker's own code. */
export interface OfflineList {
  /** The page's files. */
  files: ListedFile[]
  /** The folders of indexes, each with a closing slash; their manifests are among `files`. */
  searches: string[]
}
