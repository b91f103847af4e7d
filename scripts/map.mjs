// Lays the sessions of the demo out on a plane, near those most like them, from the vectors of the index.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { UMAP } from 'umap-js'
import { run } from './lib.mjs'

/** How many neighbours of a session its place depends on. */
const NEIGHBOURS = 10

/** The smallest map, in CSS pixels: that of a phone. Its places are kept apart far enough for a finger. */
const SMALLEST = { width: 350, height: 470, apart: 25 }

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
    const points = part(fit(embed(items)))
    const places = Object.fromEntries(
      points.map(([x, y], at) => [items[at]?.id, [round(x / SMALLEST.width), round(y / SMALLEST.height)]]),
    )
    fs.writeFileSync(out, JSON.stringify({ places }))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** @param {number} share */
const round = (share) => Math.round(share * 1e4) / 1e4

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

/**
 * A plane on which near is alike, by UMAP. The numbers that it draws come from the generator of `seed`, so that the map is the
 * same each time.
 * @param {Item[]} items @returns {[number, number][]}
 */
function embed(items) {
  let seed = 1
  // Lehmer's generator with the multiplier of Park and Miller: UMAP asks little of it.
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  const distanceFn = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    1 - a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
  const umap = new UMAP({ nNeighbors: NEIGHBOURS, minDist: 0.3, random, distanceFn })
  return /** @type {[number, number][]} */ (umap.fit(items.map(({ vector }) => [...vector])))
}

/** Points moved into the smallest map, half of the way to an even distribution: empty parts are wasted. @param {[number, number][]} points */
function fit(points) {
  const axes = /** @type {const} */ ([
    [0, SMALLEST.width],
    [1, SMALLEST.height],
  ]).map(([axis, size]) => {
    const sorted = points.map((point) => point[axis]).sort((a, b) => a - b)
    const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 1]
    return points.map(
      (point) =>
        (((point[axis] - least) / (most - least) + sorted.indexOf(point[axis]) / (points.length - 1)) / 2) * size,
    )
  })
  return points.map((_, i) => /** @type {[number, number]} */ ([axes[0]?.[i] ?? 0, axes[1]?.[i] ?? 0]))
}

/** Moves apart what lies too close, within the map. @param {[number, number][]} points */
function part(points) {
  for (let round = 0; round < 1000; round++) {
    points.forEach((a, i) =>
      points.slice(0, i).forEach((b) => {
        const [dx, dy] = [a[0] - b[0], a[1] - b[1]]
        const distance = Math.hypot(dx, dy) || 1e-6
        if (distance >= SMALLEST.apart) return
        const push = (SMALLEST.apart - distance) / 2 / distance
        for (const [axis, by, size] of /** @type {const} */ ([
          [0, dx, SMALLEST.width],
          [1, dy, SMALLEST.height],
        ])) {
          a[axis] = Math.min(Math.max(a[axis] + by * push, 0), size)
          b[axis] = Math.min(Math.max(b[axis] - by * push, 0), size)
        }
      }),
    )
  }
  return points
}
