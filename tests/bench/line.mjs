// A slow line: every answer comes so much later, and all of them share so many bits a second.

import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import fs from 'node:fs'
import { inBench } from './setup.mjs'

/** Megabits a second, the time to the site and back, and whether the host compresses. @typedef {{ megabits: number, milliseconds: number, compresses: boolean }} LineSpeed */

/** What phones get where the network is slow, and what the goals are set for. @type {LineSpeed} */
export const SLOW_LINE = { megabits: 1.6, milliseconds: 150, compresses: true }

/** Rounds are told apart by a delay alone. @type {LineSpeed} */
export const FAR_LINE = { megabits: 1000, milliseconds: 150, compresses: false }

/** The line moves bytes so often, in milliseconds … */
const TICK = 5
/** … and answers that are on their way together take turns with so many of them. */
const TURN = 1024

/** An answer on its way. @typedef {{ response: import('node:http').ServerResponse, body: Buffer, sent: number }} Answer */

/** Whether a visitor has gone before an answer was sent. @param {any} response of HTTP/1 or 2 */
const isGone = ({ destroyed, stream }) => destroyed || stream?.destroyed

/** The line between a server and its visitor. */
export class Line {
  /** @param {LineSpeed} speed */
  constructor({ megabits, milliseconds }) {
    this.perMillisecond = (megabits * 1e6) / 8 / 1000
    this.milliseconds = milliseconds
    /** @type {Answer[]} */
    this.answers = []
    this.credit = 0
    this.last = performance.now()
    this.timer = setInterval(() => this.move(), TICK)
  }

  /** Sends an answer: its head after the delay, its body as the line has room. @param {import('node:http').ServerResponse} response @param {() => void} begin @param {Buffer} body */
  send(response, begin, body) {
    setTimeout(() => {
      if (isGone(response)) return
      begin()
      if (body.length === 0) response.end()
      else this.answers.push({ response, body, sent: 0 })
    }, this.milliseconds)
  }

  /** Moves what the line has carried since the last time. */
  move() {
    const now = performance.now()
    // A line that had nothing to carry does not make up for it.
    const most = this.perMillisecond * (now - this.last)
    this.credit = this.answers.length > 0 ? this.credit + most : Math.min(this.credit + most, 0)
    this.last = now
    while (this.credit > 0) {
      const next = this.answers.shift()
      if (!next) return
      const { response, body, sent } = next
      if (isGone(response)) continue
      const part = body.subarray(sent, sent + TURN)
      this.credit -= part.length
      next.sent += part.length
      response.write(part)
      if (next.sent < body.length) this.answers.push(next)
      else response.end()
    }
  }

  close() {
    clearInterval(this.timer)
  }
}

/** A certificate for this machine, which the browser is told to accept: without one there is no HTTP/2. */
export function certificate() {
  const [key, cert] = [inBench('line-key.pem'), inBench('line-cert.pem')]
  if (!fs.existsSync(cert)) {
    fs.mkdirSync(inBench(), { recursive: true })
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
    const out = ['-keyout', key, '-out', cert, '-subj', '/CN=localhost']
    execFileSync('openssl', ['req', '-x509', ...kind, ...out], { stdio: 'ignore' })
  }
  return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) }
}

/** The flags of a browser that visits over a line: it takes that certificate for a good one, and keeps what comes as from any other site. */
export function flagsFor(/** @type {LineSpeed | undefined} */ line) {
  if (!line) return []
  const key = createPublicKey(certificate().cert).export({ type: 'spki', format: 'der' })
  const hash = createHash('sha256').update(key).digest('base64')
  return [`--ignore-certificate-errors-spki-list=${hash}`]
}

/**
 * How many rounds some requests took: what is asked for when something of a round has come is of the next.
 * @param {import('./server.mjs').Sent[]} sent over a line
 */
export function roundsOf(sent) {
  let [rounds, over] = [0, -Infinity]
  for (const { time, end } of [...sent].sort((a, b) => a.time - b.time)) {
    if (time < over) over = Math.min(over, end)
    else [rounds, over] = [rounds + 1, end]
  }
  return rounds
}
