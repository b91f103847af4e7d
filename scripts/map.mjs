// Lays the sessions of the demo out on a plane, near those most like them, from the vectors of the index.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { layOut } from '../www/demo/layout.js'
import { run } from './lib.mjs'

/** @typedef {{ id: string, vector: Float32Array }} Item */

/**
 * Writes the map of an index: `places` has each document's place, from 0 to 1 to the right and down. The same
 * index gives the same map.
 * @param {{ cli: string, index: string, out: string }} paths the command line, the folder of the index, the file to write
 */
export async function writeMap({ cli, index, out }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-map-'))
  try {
    await run(cli, ['export', '--to', 'npy', '--out', folder, index])
    const items = documents(path.join(folder, 'vectors.npy'), path.join(folder, 'passages.jsonl'))
    const places = layOut(items.length, (umap) => umap.fit(items.map(({ vector }) => [...vector])), apart)
    fs.writeFileSync(out, JSON.stringify({ places: Object.fromEntries(items.map(({ id }, at) => [id, places[at]])) }))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** How far two vectors of length 1 are apart. @param {number[]} a @param {number[]} b */
const apart = (a, b) => 1 - a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

/**
 * The documents of an export, each with the mean of the vectors of its passages, at length 1.
 * @param {string} vectors an array of float32 (passages, dim) as NumPy writes it, in its version 1
 * @param {string} rows what the passages are, one a line
 * @returns {Item[]}
 */
function documents(vectors, rows) {
  const file = fs.readFileSync(vectors)
  const start = 10 + file.readUInt16LE(8)
  const passages = fs
    .readFileSync(rows, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const dim = (file.length - start) / 4 / passages.length
  if (!file.subarray(0, start).includes("'<f4'") || !Number.isInteger(dim))
    throw new Error(`${vectors} is not what the export wrote`)
  /** @type {Map<string, Float32Array>} */
  const sums = new Map()
  passages.forEach(({ document_id: id }, row) => {
    const sum = sums.get(id) ?? new Float32Array(dim)
    for (let i = 0; i < dim; i++) sum[i] = (sum[i] ?? 0) + file.readFloatLE(start + (row * dim + i) * 4)
    sums.set(id, sum)
  })
  return [...sums].map(([id, sum]) => {
    const length = Math.hypot(...sum)
    return { id, vector: sum.map((value) => value / length) }
  })
}
