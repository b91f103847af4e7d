// The little statistics there is: medians, which a busy moment does not move, and the best, which shows what is possible.

/** @typedef {{ median: number, best: number, samples: number }} Figures */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? Number(sorted[middle]) : (Number(sorted[middle - 1]) + Number(sorted[middle])) / 2
}

/** Median and best of times, where less is better. @param {number[]} values @returns {Figures} */
export const timesOf = (values) => ({
  median: round(median(values)),
  best: round(Math.min(...values)),
  samples: values.length,
})

/** Median and best of rates, where more is better. @param {number[]} values @returns {Figures} */
export const ratesOf = (values) => ({
  median: round(median(values)),
  best: round(Math.max(...values)),
  samples: values.length,
})

/** Four significant digits: more would be noise. @param {number} value */
export const round = (value) => Number(value.toPrecision(4))

/** The cosine of two unit vectors, or any others. @param {number[]} a @param {number[]} b */
export function cosine(a, b) {
  /** @param {number[]} x @param {number[]} y */
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
