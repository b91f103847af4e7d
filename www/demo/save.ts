/** Saving a built index as a folder that a site can serve: the index, the package, and a page that uses both. */
import type { SavedFile, Search } from 'inkling-search'
import { zipFiles } from 'inkling-search/build'
import type { Programme } from './kept.js'
import { fileOf, pageOf } from './page.js'

/** The files of the package that a site needs, put here when the page is built. */
declare const PACKAGE_FILES: readonly string[]

/** Where the index lies in the folder. */
const SEARCH = 'search/'

/** What a visitor pastes into a page of their own. */
export const SNIPPET = `<link rel="stylesheet" href="/inkling/element.css">
<script type="module" src="/inkling/element-define.js"></script>
<inkling-search src="/search/" action="/inkling/results.html"></inkling-search>`

/** What is saved: a programme, and a search in it. */
export interface Saved extends Programme {
  search: Search
}

/** Only pages from https or localhost can compute the hashes that a service worker checks. */
const canBeStored = globalThis.crypto?.subtle !== undefined

/** Every file of the folder. */
async function folder(saved: Saved): Promise<SavedFile[]> {
  const ofSite = [...PACKAGE_FILES.map(ofPackage), ...saved.shared.map((path) => `${SEARCH}${path}`)].map(fileOf)
  const page = [...(await pageOf(saved, canBeStored))]
  const files = [
    ...page.map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) })),
    ...(await Promise.all(ofSite)),
    ...saved.index.files.map(({ path, bytes }) => ({ path: `${SEARCH}${path}`, bytes })),
  ]
  return canBeStored ? [...files, await serviceWorker(files)] : files
}

const ofPackage = (path: string) => `inkling/${path}`

/** What stores the folder for use without a network: its list of files, and the package's code behind it. */
async function serviceWorker(files: readonly SavedFile[]): Promise<SavedFile> {
  const { bytes: code } = await fileOf(ofPackage('service-worker.js'))
  // Of an index the manifest is enough: it lists the other files itself.
  const listed = files.filter(({ path }) => !path.startsWith(SEARCH) || path === `${SEARCH}manifest.json`)
  const list = await Promise.all(
    listed.map(async ({ path, bytes }) => {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
      const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return { path, bytes: bytes.length, sha256 }
    }),
  )
  const head = `self.inklingOffline = ${JSON.stringify({ files: list, searches: [SEARCH] })}\n`
  return { path: 'service-worker.js', bytes: new Uint8Array(await new Blob([head, code as BlobPart]).arrayBuffer()) }
}

/** Hands the folder over as a download. */
export async function saveZip(saved: Saved): Promise<string> {
  const blob = await zipFiles(await folder(saved))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = 'search-site.zip'
  link.click()
  // The download has its own hold on the bytes once it has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  return `search-site.zip: ${(blob.size / 1e6).toFixed(1)} MB.`
}

/** The part of the File System Access API that is used; not every browser has it. */
interface Picker {
  showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>
}

const picker = globalThis as Picker

/** Whether this browser can write into a folder. */
export const canSaveFolder = picker.showDirectoryPicker !== undefined

/** Writes the folder's files where the visitor says; nothing when they change their mind. */
export async function saveFolder(saved: Saved): Promise<string | undefined> {
  const root = await picker.showDirectoryPicker?.({ mode: 'readwrite' }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
  if (!root) return undefined
  const files = await folder(saved)
  for (const { path, bytes } of files) {
    const names = path.split('/')
    let parent = root
    for (const name of names.slice(0, -1)) parent = await parent.getDirectoryHandle(name, { create: true })
    const file = await (await parent.getFileHandle(names.at(-1)!, { create: true })).createWritable()
    await file.write(bytes)
    await file.close()
  }
  return `${files.length} files were written into ${root.name}.`
}
