// Lays the sessions of the demo out on a plane, near those most like them, from the vectors of the index.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { run } from './lib.mjs'

/** How many neighbours of a session its place depends on, about. */
const PERPLEXITY = 10

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
    const cosines = items.map((a) => items.map((b) => dot(a.vector, b.vector)))
    const points = part(fit(embed(cosines)))
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

/** @param {Float32Array} a @param {Float32Array} b */
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

/**
 * How probably each item would name each other as its neighbour, from the cosines, with PERPLEXITY neighbours in effect.
 * @param {number[]} cosines @param {number} self
 */
function neighbourhood(cosines, self) {
  let [low, high] = [1e-3, 1e3]
  /** @type {number[]} */
  let shares = []
  for (let step = 0; step < 50; step++) {
    const sharpness = Math.sqrt(low * high)
    const weights = cosines.map((cosine, at) => (at === self ? 0 : Math.exp((2 * cosine - 2) * sharpness)))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    shares = weights.map((weight) => weight / sum)
    const entropy = shares.reduce((total, share) => (share > 0 ? total - share * Math.log(share) : total), 0)
    if (entropy > Math.log(PERPLEXITY)) low = sharpness
    else high = sharpness
  }
  return shares
}

/**
 * A plane on which near is alike: exact t-SNE (van der Maaten and Hinton, 2008), from a spiral instead of random places so
 * that the map is the same each time.
 * @param {number[][]} cosines @returns {[number, number][]}
 */
function embed(cosines) {
  const shares = cosines.map(neighbourhood)
  const wanted = shares.map((row, i) => row.map((share, j) => (share + (shares[j]?.[i] ?? 0)) / (2 * cosines.length)))
  /** @type {[number, number][]} */
  const points = cosines.map((_, i) => [
    1e-3 * Math.sqrt(i + 0.5) * Math.cos(2.4 * i),
    1e-3 * Math.sqrt(i + 0.5) * Math.sin(2.4 * i),
  ])
  /** @type {[number, number][]} */
  const speeds = cosines.map(() => [0, 0])
  for (let step = 0; step < 1000; step++) {
    const early = step < 200
    const near = points.map(([x, y]) => points.map(([u, v]) => 1 / (1 + (x - u) ** 2 + (y - v) ** 2)))
    const sum = near.reduce((total, row) => total + row.reduce((a, b) => a + b, -1), 0)
    const slopes = points.map(([x, y], i) =>
      points.reduce(
        ([dx, dy], [u, v], j) => {
          const closeness = near[i]?.[j] ?? 0
          const force = 4 * ((early ? 6 : 1) * (wanted[i]?.[j] ?? 0) - closeness / sum) * closeness
          return [dx + force * (x - u), dy + force * (y - v)]
        },
        /** @type {[number, number]} */ ([0, 0]),
      ),
    )
    slopes.forEach(([dx, dy], i) => {
      const speed = /** @type {[number, number]} */ (speeds[i])
      const point = /** @type {[number, number]} */ (points[i])
      for (const [axis, slope] of /** @type {const} */ ([
        [0, dx],
        [1, dy],
      ])) {
        speed[axis] = (early ? 0.5 : 0.8) * speed[axis] - 20 * slope
        point[axis] += speed[axis]
      }
    })
  }
  return points
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
