// The bench's server: like scripts/serve.mjs, but set up as a fast site is (files are kept for a year), with a log of the
// bytes that went out, isolated from other origins where a fine clock is wanted, and over a slow line where one is asked for.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import path from 'node:path'
import zlib from 'node:zlib'
import { at } from '../../scripts/lib.mjs'
import { modelFolder, siteFolder } from '../../scripts/site.mjs'
import { certificate, Line } from './line.mjs'
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
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** Hosts compress these by themselves, and nothing else: other files are sent as they are stored. */
export const COMPRESSED = /\.(css|html|js|json|svg|txt|wasm|webmanifest)$/

/** @typedef {{ path: string, file: string, status: number, bytes: number, time: number, end: number }} Sent `time` in ms, when it was asked for, and `end`, when the last of it was sent */

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

/** The bodies of files as a host sends them over a line. @type {Map<string, Buffer>} */
const compressed = new Map()

/** @param {string} file @param {Buffer} body */
function compressedBody(file, body) {
  const kept = compressed.get(file) ?? zlib.brotliCompressSync(body)
  compressed.set(file, kept)
  return kept
}

/**
 * Starts the server on a free port of this machine. Over a `line` it is what hosts are: HTTP/2 with TLS, compressing.
 * @param {{ isolated: boolean, line?: import('./line.mjs').LineSpeed }} options
 * @returns {Promise<{ url: string, sent: Sent[], close: () => void }>}
 */
export function serveBench({ isolated, line: speed }) {
  /** @type {Sent[]} */
  const sent = []
  const line = speed && new Line(speed)
  const listener = (/** @type {http.IncomingMessage} */ request, /** @type {http.ServerResponse} */ response) => {
    const time = Date.now()
    const pathname = (request.url ?? '/').replace(/[?#].*$/s, '')
    const file = fileFor(pathname)
    /** @type {Sent} */
    const entry = { path: pathname, file: file ?? '', status: 404, bytes: 0, time, end: time }
    sent.push(entry)
    const { head, body } = file ? answer(file, request, { isolated, compress: speed?.compresses ?? false }) : NOTHING
    Object.assign(entry, { status: head.status, bytes: body.length })
    response.on('finish', () => (entry.end = Date.now()))
    // A visitor who has gone needs no answer.
    response.on('error', () => {})
    const begin = () => response.writeHead(head.status, head.headers)
    if (line) line.send(response, begin, body)
    else begin().end(body)
  }
  // The two ask and answer by the same methods.
  const server = /** @type {http.Server} */ (
    line
      ? http2.createSecureServer({ ...certificate(), allowHTTP1: true }, /** @type {any} */ (listener))
      : http.createServer(listener)
  )
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  server.on(line ? 'secureConnection' : 'connection', (socket) => sockets.add(socket))
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, 'localhost', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      const close = () => {
        line?.close()
        for (const socket of sockets) socket.destroy()
        server.close()
      }
      resolve({ url: `http${line ? 's' : ''}://localhost:${port}`, sent, close })
    })
  })
}

/** What is answered. @typedef {{ head: { status: number, headers: http.OutgoingHttpHeaders }, body: Buffer }} Answer */

/** @type {Answer} */
const NOTHING = { head: { status: 404, headers: {} }, body: Buffer.alloc(0) }

/**
 * @param {string} file
 * @param {http.IncomingMessage} request
 * @param {{ isolated: boolean, compress: boolean }} options
 * @returns {Answer}
 */
function answer(file, request, { isolated, compress }) {
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
  if (request.headers['if-none-match'] === tag) return { head: { status: 304, headers }, body: NOTHING.body }
  // transformers.js asks for the first byte of a file to learn how long it is.
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  const end = Math.min(range?.[2] ? Number(range[2]) + 1 : body.length, body.length)
  const shortened = compress && !range && COMPRESSED.test(file)
  const part = shortened ? compressedBody(file, body) : body.subarray(start, end)
  if (range) headers['Content-Range'] = `bytes ${start}-${end - 1}/${body.length}`
  if (shortened) headers['Content-Encoding'] = 'br'
  headers['Content-Length'] = part.length
  return { head: { status: range ? 206 : 200, headers }, body: request.method === 'HEAD' ? NOTHING.body : part }
}
