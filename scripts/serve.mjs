// A static file server for the demo and its tests: `node scripts/serve.mjs [FOLDER] [PORT]`.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { at, Stop, script } from './lib.mjs'

/** @type {Record<string, string>} */
const MEDIA_TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
}

/** Compressed twins of a file, by how a browser asks for them; the smallest first. */
const TWINS = Object.entries({ br: '.br', gzip: '.gz' })

const PICTURES = new Set(['.png', '.svg'])

/**
 * The policy that the package promises to work under. Workers do not inherit it from the page but take it from their
 * own script's response, so it goes out with every file.
 */
export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"

/**
 * Serves a folder, on this machine only unless it is asked for everywhere.
 * @param {string} folder
 * @param {object} [options]
 * @param {number} [options.port] 0 takes a free one
 * @param {boolean} [options.everywhere] answers at every address of this machine, to test pages that are not secure
 * @param {(path: string) => unknown} [options.onRequest] hears of every request; one is answered when what this
 * gives has ended
 * @param {(path: string, body: Buffer) => Buffer} [options.alter] may change a body, to test damage
 * @param {Record<string, (response: http.ServerResponse) => void>} [options.routes] what answers at a path in place of a file
 * @param {string} [options.policy] goes out in place of `POLICY`, to test a stricter one
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>}
 */
export function serve(folder, { port = 0, everywhere = false, onRequest, alter, routes = {}, policy = POLICY } = {}) {
  const respond = async (/** @type {http.IncomingMessage} */ request, /** @type {http.ServerResponse} */ response) => {
    // Not `new URL()`, which throws on what some clients send, and tidies away what must be refused.
    const pathname = (request.url ?? '/').replace(/[?#].*$/s, '')
    response.setHeader('Content-Security-Policy', policy)
    try {
      await onRequest?.(pathname)
      const route = routes[pathname]
      if (route) return route(response)
      answer(folder, pathname, request, response, alter)
    } catch (error) {
      reply(response, 500, String(error))
    }
  }
  const server = http.createServer((request, response) => void respond(request, response))
  return new Promise((resolve, reject) => {
    server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      const busy = `port ${port} is in use: stop what uses it, or choose another: PORT=${port + 1}`
      reject(error.code === 'EADDRINUSE' ? new Stop(busy) : error)
    })
    server.listen({ port, ...(!everywhere && { host: 'localhost' }) }, () => {
      const bound = /** @type {import('node:net').AddressInfo} */ (server.address()).port
      const close = () => {
        server.closeAllConnections()
        return new Promise((/** @type {(value?: void) => void} */ done) => void server.close(() => done()))
      }
      resolve({ url: `http://localhost:${bound}`, port: bound, close })
    })
  })
}

/**
 * @param {string} folder
 * @param {string} pathname
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 * @param {((path: string, body: Buffer) => Buffer) | undefined} alter
 */
function answer(folder, pathname, request, response, alter) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return reply(response, 405, 'only GET and HEAD are answered')
  const file = fileFor(folder, pathname)
  if (!file) return reply(response, 404, 'not found')
  const read = fs.readFileSync(file)
  const body = alter ? alter(pathname, read) : read
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = {
    ETag: tag,
    // Kept by the browser, but asked about each time: a new build is seen at once. Pictures may be older: Chromium takes
    // the tab's icon anew whenever the address changes, which is at every question asked of the demo.
    'Cache-Control': PICTURES.has(path.extname(file)) ? 'max-age=86400' : 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  }
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end()
    return
  }
  const twin = alter ? undefined : twinOf(file, request)
  response.writeHead(200, {
    ...headers,
    'Content-Type': MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream',
    Vary: 'Accept-Encoding',
    ...(twin && { 'Content-Encoding': twin.encoding }),
    'Content-Length': (twin?.body ?? body).length,
  })
  response.end(request.method === 'HEAD' ? undefined : (twin?.body ?? body))
}

/**
 * The compressed twin of a file that lies beside it, is as new, and may be sent.
 * @param {string} file
 * @param {http.IncomingMessage} request
 */
function twinOf(file, { headers }) {
  const accepted = String(headers['accept-encoding'] ?? '').split(/\s*,\s*/)
  for (const [encoding, ending] of TWINS) {
    const stat = fs.statSync(file + ending, { throwIfNoEntry: false })
    if (accepted.includes(encoding) && stat && stat.mtimeMs >= fs.statSync(file).mtimeMs)
      return { encoding, body: fs.readFileSync(file + ending) }
  }
  return undefined
}

/**
 * The file of an address, or undefined. Nothing outside the folder is ever served, symbolic links included.
 * @param {string} folder
 * @param {string} pathname
 */
function fileFor(folder, pathname) {
  try {
    const base = fs.realpathSync(folder)
    const wanted = path.join(base, decodeURIComponent(pathname), pathname.endsWith('/') ? 'index.html' : '')
    const file = fs.realpathSync(wanted)
    return file.startsWith(base + path.sep) && fs.statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

/** @param {http.ServerResponse} response @param {number} status @param {string} text */
function reply(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

if (process.argv[1] === at('scripts', 'serve.mjs')) {
  await script(async () => {
    const { url } = await serve(process.argv[2] ?? at('build', 'demo'), { port: Number(process.argv[3] ?? 4173) })
    console.log(url)
  })
}
