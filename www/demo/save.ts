/** Saving a built index as a folder that a site can serve: the index, the package, and a page that uses both. */
import type { SavedFile } from 'inkling-search'
import { type BuiltIndex, fieldsOf, filterFields, zipFiles } from 'inkling-search/build'

/** The files of the package that a site needs, put here when the page is built. */
declare const PACKAGE_FILES: readonly string[]

/** What a visitor pastes into a page of their own. */
export const SNIPPET = `<link rel="stylesheet" href="/inkling/element.css">
<script type="module" src="/inkling/element-define.js"></script>
<inkling-search src="/search/" action="/inkling/results.html"></inkling-search>`

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** A page of results with the name of the programme, its filters and what it knows of each session. */
function pageOf(name: string, { files }: BuiltIndex): string {
  const index = new Map(files.map(({ path, bytes }) => [path, bytes]))
  const list = (fields: string[]) => escaped(fields.join(' '))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(name)}</title>
<link rel="stylesheet" href="inkling/element.css">
<link rel="stylesheet" href="inkling/results.css">
<script type="module" src="inkling/element-define.js"></script>
<h1>${escaped(name)}</h1>
<inkling-search results src="search/" filters="${list(filterFields(index))}" show="${list(fieldsOf(index))}"></inkling-search>
</html>
`
}

/** Every file of the folder. */
async function folder(name: string, index: BuiltIndex): Promise<SavedFile[]> {
  const ofPackage = PACKAGE_FILES.map(async (path) => {
    const response = await fetch(new URL(`inkling/${path}`, document.baseURI))
    if (!response.ok)
      throw new Error(`inkling/${path} was answered with status ${response.status}: is the network there?`)
    return { path: `inkling/${path}`, bytes: new Uint8Array(await response.arrayBuffer()) }
  })
  const page = { path: 'index.html', bytes: new TextEncoder().encode(pageOf(name, index)) }
  return [
    page,
    ...(await Promise.all(ofPackage)),
    ...index.files.map(({ path, bytes }) => ({ path: `search/${path}`, bytes })),
  ]
}

/** Hands the folder over as a download. */
export async function saveZip(name: string, index: BuiltIndex): Promise<string> {
  const blob = await zipFiles(await folder(name, index))
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
export async function saveFolder(name: string, index: BuiltIndex): Promise<string | undefined> {
  const root = await picker.showDirectoryPicker?.({ mode: 'readwrite' }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error
  })
  if (!root) return undefined
  const files = await folder(name, index)
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
