// The machine's peak: multiply-accumulates from registers, nothing else.
import { MACS } from '../peak.mjs'
import { answerWith } from './engine.js'

/** Loops of one call: about a millisecond. */
const TIMES = 100_000
/** Calls before measuring, so that the optimizing compiler has been and gone. */
const WARM_UP_CALLS = 60
const CALLS = 8

let functions

const gmacs = (name) => {
  const start = performance.now()
  functions[name](TIMES, 1)
  return (MACS[name] * TIMES) / (performance.now() - start) / 1e6
}

answerWith({
  async load() {
    const { instance } = await WebAssembly.instantiateStreaming(fetch('/peak.wasm'))
    functions = instance.exports
    for (let call = 0; call < WARM_UP_CALLS; call++) for (const name of Object.keys(MACS)) gmacs(name)
    return Object.keys(MACS)
  },
  /** GMAC/s of some calls of each function. */
  peak: () =>
    Object.fromEntries(Object.keys(MACS).map((name) => [name, Array.from({ length: CALLS }, () => gmacs(name))])),
})
