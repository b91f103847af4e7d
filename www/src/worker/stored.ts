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
  tokenizer: 'tokenizer.txt',
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

/** Files that are many, as a manifest lists them: numbered from 0, with what is the same for all said once. */
interface Run {
  /** With `*` in place of the number, or twice, for a folder and what is in it. */
  path: string
  needed: IndexFile['needed']
  bytes: number[]
  /** One after the other. */
  sha256: string
}

/** So many files of a run are in one folder. */
const TOGETHER = 500

/** The path of a file of a run. */
function numbered(path: string, number: number): string {
  const parts = path.split('*')
  const numbers =
    parts.length > 2 ? [pad(Math.floor(number / TOGETHER), 2), pad(number % TOGETHER, 3)] : [pad(number, 3)]
  return parts.map((part, at) => part + (at < parts.length - 1 ? numbers[at] : '')).join('')
}

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0')

const filesOfRun = ({ path, needed, bytes, sha256 }: Run): IndexFile[] =>
  bytes.map((bytes, number) => ({
    path: numbered(path, number),
    needed,
    bytes,
    sha256: sha256.slice(number * SHORT, (number + 1) * SHORT),
  }))

/** The files that a list beside a manifest names; none where it is none, or names a path outside its folder. */
export function listedIn(list: unknown): IndexFile[] {
  const { runs } = Object(list) as { runs?: unknown }
  return filesOf({ format: 0, model: {}, files: [], runs }) ?? []
}

/** The files of an index; undefined where its manifest is none, whatever its version, or names a path outside its folder. */
export function filesOf(manifest: unknown): IndexFile[] | undefined {
  const { format, model, files, runs = [] } = Object(manifest) as Record<string, unknown>
  if (typeof format !== 'number' || typeof model !== 'object' || !Array.isArray(files) || !Array.isArray(runs))
    return undefined
  const all = [...(files as IndexFile[]), ...(runs as Run[]).flatMap(filesOfRun)]
  return all.every((file) => staysInside(file.path)) ? all : undefined
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
