/**
 * What plugins of site generators are made of: the command `site` after a build, and the search on a development server.
 * @module site
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { InklingError, type InklingErrorCode } from '../errors.js'

/** How a built site is made searchable. */
export interface SiteOptions {
  /** What goes before the address of every page: a path, or `./` for a site that may lie anywhere. */
  base?: string
  /** The folder that the command is called in, where `inkling.toml` and the packages of the project are. Default: the current one. */
  root?: string
  /** Tells this site from others of the same project, such as those of other languages. */
  name?: string
  /** More flags of `inkling site`. */
  args?: readonly string[]
}

/** What was made of a site: the summary that `inkling site --json` prints, as far as it is promised here. */
export interface SiteSummary {
  /** Pages that can be found. */
  pages: number
  /** The index of each language. */
  languages: {
    language: string
    pages: number
    passages: number
    encoded: number
    index_bytes: number
    meaning_bytes: number
  }[]
  /** What to paste into the pages: a line for the head, then one for each language. */
  html: string[]
}

/** The folder of the search in a site. */
const FOLDER = 'search'

/** What only the next build needs. */
const NOT_SERVED = 'encoded.json'

const here = path.dirname(fileURLToPath(import.meta.url))

/** Where the search of a project lies between two builds: generators empty the folder that they write. */
export const searchFolder = (root: string = process.cwd(), name: string = FOLDER): string =>
  path.join(root, 'node_modules', '.cache', 'inkling-search', name)

/**
 * Makes a built site searchable: reads its pages and writes `search/` into its folder. Pages that have not changed since the last call for
 * this project keep what it made of them.
 * @throws {InklingError} with the code and the words of the command
 */
export async function indexSite(folder: string, options: SiteOptions = {}): Promise<SiteSummary> {
  const { base, root = process.cwd(), name, args = [] } = options
  const [out, to] = [searchFolder(root, name), path.join(folder, FOLDER)]
  // What an earlier build has left there is no page of the site.
  if (fs.existsSync(path.join(to, 'page', 'element-define.js'))) fs.rmSync(to, { recursive: true })
  const flags = ['site', path.resolve(folder), '--out', out, '--json', ...(base === undefined ? [] : ['--base', base])]
  const summary = JSON.parse(await inkling(root, [...flags, ...args])) as SiteSummary
  fs.cpSync(out, to, { recursive: true, filter: (file) => path.basename(file) !== NOT_SERVED })
  return summary
}

/** Runs the command line beside this file; gives what it prints. */
function inkling(root: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(here, 'cli.js'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    return () => Buffer.concat(chunks).toString('utf8')
  }) as [() => string, () => string]
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) return resolve(stdout())
      const said = stderr().trim()
      reject(new InklingError((/\[([a-z-]+)\]$/.exec(said)?.[1] ?? 'internal') as InklingErrorCode, said))
    })
  })
}

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

/**
 * What answers on a development server below `${base}search/`: the search of the last build, and the files that a page loads from this
 * package. All other requests go on to `next`.
 */
export function serveSearch({ base = '/', root }: { base?: string; root?: string } = {}) {
  const start = `${base.replace(/\/*$/, '/')}${FOLDER}/`
  const folder = searchFolder(root)
  return (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void => {
    // What came before may have taken the base away.
    const address = (request.originalUrl ?? request.url ?? '').replace(/[?#].*$/s, '')
    if (!address.startsWith(start) || !['GET', 'HEAD'].includes(request.method ?? '')) return next()
    const name = address.slice(start.length)
    // Before the first build the box is there, and says that it has nothing to search.
    const file =
      fileIn(folder, name) ?? (name.startsWith('page/') ? fileIn(here, name.slice('page/'.length)) : undefined)
    response.setHeader('Cache-Control', 'no-cache')
    if (!file) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.end(`${address} is not there: the search answers from the last build, so build the site once\n`)
      return
    }
    const type = MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': fs.statSync(file).size })
    if (request.method === 'HEAD') response.end()
    else fs.createReadStream(file).pipe(response)
  }
}

/** A file below a folder by its name in an address; undefined where there is none, or where the name leads out of the folder. */
function fileIn(folder: string, name: string): string | undefined {
  try {
    const file = path.join(folder, decodeURIComponent(name))
    const isBelow = !path.relative(folder, file).startsWith('..')
    return isBelow && fs.statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

/** The elements for the head of every page. */
export function headOf(base: string): { tag: 'link' | 'script'; attributes: Record<string, string> }[] {
  const page = `${base.replace(/\/*$/, '/')}${FOLDER}/page/`
  return [
    { tag: 'link', attributes: { rel: 'stylesheet', href: `${page}element.css` } },
    { tag: 'script', attributes: { type: 'module', src: `${page}element-define.js` } },
  ]
}

/**
 * The attributes of the box: a dialog over the page, whose index is that of the page's language.
 * @param locales the codes of the site's languages, such as `en-GB`
 */
export function boxOf(base: string, locales: readonly string[] = []): Record<string, string> {
  const languages = [...new Set(locales.map((locale) => locale.toLowerCase().split(/[-_]/)[0] ?? ''))].filter(Boolean)
  const src = `${base.replace(/\/*$/, '/')}${FOLDER}/`
  return { src, modal: '', ...(languages.length > 1 && { languages: languages.join(' ') }) }
}
