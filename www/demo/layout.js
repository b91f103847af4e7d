// Places on a plane, similar ones close together: for the map of the demo (scripts/map.mjs), and of what a visitor saves (page.ts).

import { UMAP } from 'umap-js'

/** How many neighbours of a session its place depends on, itself included. */
const NEIGHBOURS = 10

/** The smallest map, in CSS pixels: that of a phone. Its places are kept apart far enough for a finger. */
const SMALLEST = { width: 350, height: 470, apart: 25 }

/** How many neighbours each of so many has to have. @param {number} count */
export const neighboursOf = (count) => Math.min(NEIGHBOURS, count - 1) - 1

/**
 * The places of so many, from 0 to 1 to the right and down: `fit` lays them out by UMAP, on a plane on which near is alike. What UMAP
 * draws comes from a generator of its own, so that the map is the same each time.
 * @param {number} count
 * @param {(umap: UMAP) => number[][]} fit
 * @param {import('umap-js').UMAPParameters['distanceFn']} [distanceFn]
 */
export function layOut(count, fit, distanceFn) {
  let seed = 1
  // Lehmer's generator with the multiplier of Park and Miller: UMAP asks little of it.
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
  const nNeighbors = neighboursOf(count) + 1
  const umap = new UMAP({ nNeighbors, minDist: 0.3, random, ...(distanceFn && { distanceFn }) })
  const points = part(spread(/** @type {[number, number][]} */ (fit(umap))))
  return points.map(([x, y]) => [round(x / SMALLEST.width), round(y / SMALLEST.height)])
}

/** @param {number} share */
const round = (share) => Math.round(share * 1e4) / 1e4

/** Points moved into the smallest map, half of the way to an even distribution: empty parts are wasted. @param {[number, number][]} points */
function spread(points) {
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
