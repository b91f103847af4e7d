// The bench's server: like scripts/serve.mjs, but set up as a fast site is (files are kept for a year), with a log of the
// bytes that went out, and isolated from other origins where a fine clock is wanted.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { at } from '../../scripts/lib.mjs'
import { modelFolder, siteFolder } from '../../scripts/site.mjs'
import { inBench, modules, originalModel } from './setup.mjs'

/** Which folder answers for which beginning of an address. @type {[string, string][]} */
const MOUNTS = [
  ['/page/', inBench('page')],
  ['/demo/', siteFolder],
  ['/inkling/', at('dist')],
  ['/model/', modelFolder],
  ['/models/', inBench('models')],
  ['/ort/', path.join(modules, 'onnxruntime-web', 'dist')],
  ['/candle/', inBench('candle')],
  ['/original/', originalModel],
  ['/peak.wasm', inBench('peak.wasm')],
  ['/ranking/', inBench('ranking')],
]

/** @type {Record<string, string>} */
const MEDIA_TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/** @typedef {{ path: string, file: string, status: number, bytes: number, time: number }} Sent `time` in ms, when it was asked for */

/** The file of an address, or undefined. @param {string} pathname */
function fileFor(pathname) {
  const mount = MOUNTS.find(([prefix]) => pathname.startsWith(prefix))
  if (!mount || pathname.includes('..')) return undefined
  const file = path.join(mount[1], pathname.slice(mount[0].length) || 'index.html')
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined
}

/** Bodies by file: reading and hashing must not be part of what is measured. @type {Map<string, { body: Buffer, tag: string }>} */
const bodies = new Map()

/** @param {string} file */
function bodyOf(file) {
  const kept = bodies.get(file)
  if (kept) return kept
  const body = fs.readFileSync(file)
  const entry = { body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
  bodies.set(file, entry)
  return entry
}

/**
 * Starts the server on a free port of this machine.
 * @param {{ isolated: boolean }} options
 * @returns {Promise<{ url: string, sent: Sent[], close: () => void }>}
 */
export function serveBench({ isolated }) {
  /** @type {Sent[]} */
  const sent = []
  const server = http.createServer((request, response) => {
    const time = Date.now()
    const pathname = (request.url ?? '/').replace(/[?#].*$/s, '')
    const file = fileFor(pathname)
    if (!file) {
      sent.push({ path: pathname, file: '', status: 404, bytes: 0, time })
      response.writeHead(404).end()
      return
    }
    const { status, bytes } = answer(file, request, response, isolated)
    sent.push({ path: pathname, file, status, bytes, time })
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, 'localhost', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      const close = () => (server.closeAllConnections(), server.close())
      resolve({ url: `http://localhost:${port}`, sent, close })
    })
  })
}

/**
 * @param {string} file
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 * @param {boolean} isolated
 */
function answer(file, request, response, isolated) {
  const { body, tag } = bodyOf(file)
  /** @type {http.OutgoingHttpHeaders} */
  const headers = {
    ETag: tag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': file.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable',
    'Content-Type': MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream',
  }
  if (isolated)
    Object.assign(headers, {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    })
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end()
    return { status: 304, bytes: 0 }
  }
  // transformers.js asks for the first byte of a file to learn how long it is.
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  const end = Math.min(range?.[2] ? Number(range[2]) + 1 : body.length, body.length)
  const part = body.subarray(start, end)
  if (range) headers['Content-Range'] = `bytes ${start}-${end - 1}/${body.length}`
  headers['Content-Length'] = part.length
  const status = range ? 206 : 200
  response.writeHead(status, headers)
  const silent = request.method === 'HEAD'
  response.end(silent ? undefined : part)
  return { status, bytes: silent ? 0 : part.length }
}
