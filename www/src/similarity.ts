import { InklingError } from './errors.js'

/** How alike two vectors are. Vectors of an {@link Encoder} have unit length, so for them `dot` and `cosine` agree. */
export const similarity = {
  /** The dot product: Σ aᵢ bᵢ. Higher is more alike. */
  dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
    return sum(a, b, (x, y) => x * y)
  },

  /** The cosine of the angle: a·b / (|a| |b|), from -1 to 1. 0 when either vector is zero. */
  cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
    const norms = Math.sqrt(similarity.dot(a, a) * similarity.dot(b, b))
    return norms === 0 ? 0 : Math.min(1, Math.max(-1, similarity.dot(a, b) / norms))
  },

  /** The Euclidean distance: √Σ (aᵢ - bᵢ)². Lower is more alike. */
  euclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
    return Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2))
  },
}

function sum(a: ArrayLike<number>, b: ArrayLike<number>, term: (x: number, y: number) => number): number {
  if (a.length !== b.length) {
    throw new InklingError(
      'invalid-input',
      `vectors of ${a.length} and ${b.length} numbers cannot be compared: use one model for both`,
    )
  }
  let total = 0
  for (let i = 0; i < a.length; i++) total += term(a[i] as number, b[i] as number)
  return total
}
