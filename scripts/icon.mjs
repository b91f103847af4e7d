// Draws the demo's icon as PNG, from its SVG: some devices install no app without one. The SVG may hold what that of the
// demo does: one rounded rectangle over all of it, and paths of straight lines with absolute coordinates.

import zlib from 'node:zlib'

/** Samples of a pixel, each way: smooth edges. */
const SAMPLES = 4

/** @typedef {{ inside: (x: number, y: number) => boolean, colour: number[], opacity: number }} Shape */

/**
 * The bytes of a square PNG.
 * @param {string} svg
 * @param {number} size in pixels
 * @param {{ fullBleed?: boolean }} [options] `fullBleed` leaves the corners square, for devices that cut icons to a shape
 */
export function drawIcon(svg, size, { fullBleed = false } = {}) {
  const shapes = shapesOf(svg, fullBleed)
  const scale = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]) / size
  const rows = Buffer.alloc(size * (size * 4 + 1))
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) rows.set(pixel(shapes, x, y, scale), y * (size * 4 + 1) + 1 + x * 4)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6], 8) // eight bits a channel, red green blue alpha
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', zlib.deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts])
}

/** @param {string} svg @param {boolean} fullBleed @returns {Shape[]} in the order in which they are painted */
function shapesOf(svg, fullBleed) {
  return [...svg.matchAll(/<(rect|path)\b([^>]*)>/g)].map(([, kind, attributes = '']) => {
    const of = (/** @type {string} */ name) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? ''
    const colour = [1, 3, 5].map((at) => parseInt(of('fill').slice(at, at + 2), 16))
    const opacity = Number(of('opacity') || 1)
    if (kind === 'rect')
      return { inside: rounded(Number(of('width')), fullBleed ? 0 : Number(of('rx'))), colour, opacity }
    const numbers = (of('d').match(/[\d.]+/g) ?? []).map(Number)
    const points = numbers.flatMap((x, at) =>
      at % 2 === 0 ? [/** @type {[number, number]} */ ([x, numbers[at + 1] ?? 0])] : [],
    )
    return { inside: polygon(points), colour, opacity }
  })
}

/** @param {number} width @param {number} radius @returns {Shape['inside']} */
function rounded(width, radius) {
  return (x, y) => {
    const beyond = (/** @type {number} */ at) => Math.max(radius - at, at - (width - radius), 0)
    return Math.hypot(beyond(x), beyond(y)) <= radius
  }
}

/** Whether a ray to the right crosses the outline an odd number of times. @param {[number, number][]} points @returns {Shape['inside']} */
function polygon(points) {
  return (x, y) => {
    let odd = false
    points.forEach(([ax, ay], at) => {
      const [bx, by] = points[(at + 1) % points.length] ?? [0, 0]
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd
    })
    return odd
  }
}

/** Red, green, blue and alpha. @param {Shape[]} shapes @param {number} x @param {number} y @param {number} scale */
function pixel(shapes, x, y, scale) {
  const sum = [0, 0, 0, 0]
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
    const [dx, dy] = [sample % SAMPLES, Math.floor(sample / SAMPLES)].map((step) => (step + 0.5) / SAMPLES)
    let [colour, alpha] = [[0, 0, 0], 0]
    for (const shape of shapes) {
      if (!shape.inside((x + (dx ?? 0)) * scale, (y + (dy ?? 0)) * scale)) continue
      colour = colour.map(
        (value, channel) => value * (1 - shape.opacity) + (shape.colour[channel] ?? 0) * shape.opacity,
      )
      alpha = alpha + (1 - alpha) * shape.opacity
    }
    colour.forEach((value, channel) => (sum[channel] = (sum[channel] ?? 0) + value * alpha))
    sum[3] = (sum[3] ?? 0) + alpha
  }
  const [red = 0, green = 0, blue = 0, alpha = 0] = sum
  const share = (/** @type {number} */ value) => (alpha === 0 ? 0 : Math.round(value / alpha))
  return [share(red), share(green), share(blue), Math.round((alpha / (SAMPLES * SAMPLES)) * 255)]
}

/** @param {string} name @param {Buffer} data */
function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  whole.set(body, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

/** The checksum of PNG: `zlib.crc32` is not in every Node that this runs on. @param {Buffer} bytes */
function crc32(bytes) {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
