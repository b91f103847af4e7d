#!/usr/bin/env node
/**
 * Writes `service-worker.js` into a finished site: the list of the site's files with their hashes, and after it the code of
 * the worker. Run it last, after every build: `node node_modules/inkling-search/dist/write-service-worker.js SITE`.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { moduleOf, needsLanguages } from '../src/worker/module-names.js'
import { filesOf, type ListedFile, NAMES, type OfflineList } from '../src/worker/stored.js'

/** The file that is written, at the root of the site: a service worker sees only what lies below it. */
const WORKER_FILE = 'service-worker.js'

/** What no page needs without a network: source maps, types, compressed twins, and files that begin with a dot. */
const UNUSED = /(^|\/)\.|\.(map|d\.ts|gz|br)$|(^|\/)(write-)?service-worker\.js$/

/** Of this package's own folder, what is for build machines. */
const FOR_MACHINES = /^(cli(-network)?\.js|single\.html)$/

/** What is listed. */
export interface ListOptions {
  /** Folders and files whose paths begin with one of these are left out. */
  skip?: readonly string[]
  /** Whether pages of the site index documents, without a network, too. Default false. */
  indexing?: boolean
}

/** The list of a site's files. */
export function listSite(site: string, { skip = [], indexing = false }: ListOptions = {}): OfflineList {
  const all = fs.readdirSync(site, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = all
    .map((entry) => path.relative(site, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort()
  const searches = paths
    .filter((name) => path.posix.basename(name) === NAMES.manifest && isIndex(manifestAt(site, name)))
    .map((name) => name.replace(/[^/]*$/, ''))
  const languages = searches.some((folder) => needsLanguages(manifestAt(site, folder + NAMES.manifest)))
  // The package is where this script is.
  const packages = paths
    .filter((name) => /(^|\/)write-service-worker\.js$/.test(name))
    .map((name) => name.replace(/[^/]*$/, ''))
  // What pages need that index documents themselves, or change an index, is left out of the others, as other languages are where no
  // index is in one, and the GPU's half of all.
  const isUnused = (name: string) => {
    const { module } = moduleOf(name) ?? {}
    return (
      FOR_MACHINES.test(name) ||
      name.startsWith('wasm/inkling-node-') ||
      module === 'inkling-gpu' ||
      (!languages && module === 'inkling-languages') ||
      (!indexing && (name === 'build.js' || module === 'inkling-build'))
    )
  }
  const isListed = (name: string) => {
    // Of an index the manifest is enough: it lists the other files itself.
    const ofIndex = searches.some((folder) => name.startsWith(folder) && name !== folder + NAMES.manifest)
    const unused = packages.some((folder) => name.startsWith(folder) && isUnused(name.slice(folder.length)))
    return !ofIndex && !UNUSED.test(name) && !unused && !skip.some((start) => name.startsWith(start))
  }
  return { files: paths.filter(isListed).map((name) => listed(site, name)), searches: searches.map(encode) }
}

/** Writes the service worker of a site, and returns what it will store without indexes. */
export function writeServiceWorker(site: string, options: ListOptions = {}): OfflineList {
  const list = listSite(site, options)
  const code = fs.readFileSync(new URL('./service-worker.js', import.meta.url), 'utf8')
  fs.writeFileSync(path.join(site, WORKER_FILE), `self.inklingOffline = ${JSON.stringify(list)}\n${code}`)
  return list
}

function listed(site: string, name: string): ListedFile {
  const bytes = fs.readFileSync(path.join(site, name))
  return { path: encode(name), bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** What a `manifest.json` says; nothing where it is none. */
function manifestAt(site: string, name: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(path.join(site, name), 'utf8'))
  } catch {
    return undefined
  }
}

/** Whether a manifest is that of an index whose files lie beside it, and not some other program's. */
const isIndex = (manifest: unknown) => filesOf(manifest) !== undefined

const encode = (name: string) => name.split('/').map(encodeURIComponent).join('/')

function main(): void {
  const [site, ...rest] = process.argv.slice(2)
  const skip = rest.filter((word) => word !== '--skip' && word !== '--indexing')
  if (!site || site.startsWith('-') || !fs.existsSync(site)) {
    console.error(
      'usage: write-service-worker SITE [--indexing] [--skip PATH…], where SITE is the folder that will be served',
    )
    process.exit(2)
  }
  const { files, searches } = writeServiceWorker(site, { skip, indexing: rest.includes('--indexing') })
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  console.log(
    `${path.join(site, WORKER_FILE)}: ${files.length} files, ${megabytes.toFixed(1)} MB, and ${searches.length} indexes`,
  )
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main()
