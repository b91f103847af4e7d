/** SHA-256 (FIPS 180-4) where the browser has none to give: over plain http to anything but localhost. */

/** The first 64 primes. */
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter(
  (n) => n > 1 && Array.from({ length: n - 2 }, (_, k) => n % (k + 2)).every(Boolean),
)

/** The first 32 bits behind the point. */
const fraction = (number: number): number => ((number % 1) * 2 ** 32) | 0

/** What is added in each round. A test holds these and the next against another implementation. */
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)))

/** What the hash of nothing begins with. */
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))

/** Bytes that are hashed together. */
const BLOCK = 64

/** The SHA-256 of some bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  // Behind the bytes come a bit, zeros, and how many bits they are.
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, bytes.length / 2 ** 29)
  view.setUint32(padded.length - 4, bytes.length << 3)
  const state = Int32Array.from(START)
  const words = new Int32Array(ROUNDS.length)
  for (let at = 0; at < padded.length; at += BLOCK) mix(state, words, view, at)
  return Array.from(new Uint32Array(state.buffer), (word) => word.toString(16).padStart(8, '0')).join('')
}

/** Mixes a block into the state; `words` is room for what is made of it. */
function mix(state: Int32Array, words: Int32Array, view: DataView, block: number): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < words.length; round++) {
    const word = (back: number) => words[round - back] as number
    words[round] =
      round < 16
        ? view.getInt32(block + 4 * round)
        : word(16) +
          (turned(word(15), 7) ^ turned(word(15), 18) ^ (word(15) >>> 3)) +
          word(7) +
          (turned(word(2), 17) ^ turned(word(2), 19) ^ (word(2) >>> 10))
    const first =
      h +
      (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
      ((e & f) ^ (~e & g)) +
      (ROUNDS[round] as number) +
      (words[round] as number)
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g]
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, at) => (state[at] = (state[at] as number) + word))
}

/** A word turned to the right. */
const turned = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))
