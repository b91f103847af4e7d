/** The programme that the page indexed last: kept on this device, so that it outlives a reload. */
import type { BuiltIndex } from 'inkling-search/build'

const CACHE = 'inkling-programme'

/** What is told of a programme beside the files of its index; written last, so that what has it is whole. */
const ABOUT = 'about.json'

/** The demo's own index, and beside it what encodes documents. */
export const SITE = new URL('search/', document.baseURI)

/** A programme by the name of its file, and its index. Of files that the site has, such as what encodes documents, only the paths. */
export interface Programme {
  name: string
  index: BuiltIndex
  shared: string[]
}

/** A programme that was indexed just now. */
export async function programmeOf(name: string, { files, ...index }: BuiltIndex): Promise<Programme> {
  const shared = await sharedOf(files)
  return { name, index: { ...index, files: files.filter(({ path }) => !shared.includes(path)) }, shared }
}

/** The paths of files that are the same in the demo's own index. */
async function sharedOf(files: BuiltIndex['files']): Promise<string[]> {
  const listed = (manifest: unknown) => (manifest as { files: { path: string; sha256: string }[] }).files
  try {
    const manifest = files.find(({ path }) => path === 'manifest.json')
    const own = listed(JSON.parse(new TextDecoder().decode(manifest?.bytes)))
    const site = listed(await (await fetch(new URL('manifest.json', SITE))).json())
    const hashes = new Map(site.map(({ path, sha256 }) => [path, sha256]))
    return own.filter(({ path, sha256 }) => hashes.get(path) === sha256).map(({ path }) => path)
  } catch {
    // No network: all files are the programme's own.
    return []
  }
}

/** What is kept changes one thing after the other. */
let changed: Promise<unknown> = Promise.resolve()

function inOrder<T>(change: () => Promise<T>): Promise<T> {
  const made = changed.then(change)
  changed = made.catch(() => {})
  return made
}

const at = (path: string) => new URL(`kept/${path}`, document.baseURI)

/** Keeps a programme in place of the one before; false where the browser does not, and has the one before. */
export function keep({ index, ...about }: Programme): Promise<boolean> {
  return inOrder(async () => {
    const folder = `${Date.now()}/`
    try {
      const cache = await caches.open(CACHE)
      for (const { path, bytes } of index.files) await cache.put(at(folder + path), new Response(bytes))
      const paths = index.files.map(({ path }) => path)
      await cache.put(at(ABOUT), Response.json({ ...about, folder, paths, index: { ...index, files: [] } }))
      await removeFiles((isNew) => !isNew, folder)
      return true
    } catch {
      // Only pages from https or localhost have such a storage, and it may be full.
      await removeFiles((isNew) => isNew, folder).catch(() => {})
      return false
    }
  })
}

/** Removes files of programmes, by whether they are in a folder. */
async function removeFiles(wants: (isInFolder: boolean) => boolean, folder: string): Promise<void> {
  const cache = await caches.open(CACHE)
  const files = (await cache.keys()).filter(({ url }) => url !== at(ABOUT).href)
  for (const file of files) if (wants(file.url.startsWith(at(folder).href))) await cache.delete(file)
}

/** The programme that was kept, if there is one. */
export async function kept(): Promise<Programme | undefined> {
  try {
    const cache = await caches.open(CACHE)
    const read = async (path: string) => {
      const response = await cache.match(at(path))
      if (!response) throw new Error(`${path} is not kept`)
      return response
    }
    const { folder, paths, index, ...about }: Programme & { folder: string; paths: string[] } = await (
      await read(ABOUT)
    ).json()
    const fileAt = async (path: string) => ({
      path,
      bytes: new Uint8Array(await (await read(folder + path)).arrayBuffer()),
    })
    return { ...about, index: { ...index, files: await Promise.all(paths.map(fileAt)) } }
  } catch {
    return undefined
  }
}

/** Removes what is kept. */
export const forget = (): Promise<void> => inOrder(remove)

async function remove(): Promise<void> {
  await globalThis.caches?.delete(CACHE).catch(() => {})
}
