// What a first visit downloads, raw and as a server would send it compressed.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { inBench } from './setup.mjs'

/** @import { Sent } from './server.mjs' */
/** @typedef {{ raw: number, brotli: number }} Size bytes */
/** @typedef {{ files: (Size & { path: string, kind: string })[], kinds: Record<string, Size>, total: Size }} Download */

const compress = promisify(zlib.brotliCompress)

/** What a file is for. @param {string} file */
function kindOf(file) {
  if (/tokenizer|vocab|special_tokens/.test(file)) return 'tokenizer'
  if (/\.(onnx|safetensors|bin)$/.test(file)) return 'weights'
  if (file.endsWith('.json')) return 'config'
  return 'engine'
}

/**
 * Sizes of everything that was sent for a first vector; the page itself is left out.
 * @param {Sent[]} requests
 * @returns {Promise<Download>}
 */
export async function measureDownload(requests) {
  /** @type {Download} */
  const download = { files: [], kinds: {}, total: { raw: 0, brotli: 0 } }
  for (const { path: address, file, status, bytes } of requests) {
    if (bytes === 0 || file.endsWith('.html')) continue
    // A part of a file is an inquiry about it: as many bytes either way.
    const size = { raw: bytes, brotli: status === 200 ? await brotliSize(file) : bytes }
    const kind = kindOf(file)
    download.files.push({ path: address, kind, ...size })
    for (const sum of [(download.kinds[kind] ??= { raw: 0, brotli: 0 }), download.total]) {
      sum.raw += size.raw
      sum.brotli += size.brotli
    }
  }
  return download
}

/** A file's size in brotli at its best; kept, since it takes a minute for tens of megabytes. @param {string} file */
async function brotliSize(file) {
  const body = fs.readFileSync(file)
  const key = createHash('sha256').update(body).digest('hex')
  const kept = inBench('brotli', key)
  if (!fs.existsSync(kept)) {
    const { constants } = zlib
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    }
    const { length } = await compress(body, { params })
    fs.mkdirSync(path.dirname(kept), { recursive: true })
    fs.writeFileSync(kept, String(length))
  }
  return Number(fs.readFileSync(kept, 'utf8'))
}
