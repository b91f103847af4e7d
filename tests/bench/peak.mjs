// Writes the module that finds the most multiply-accumulates this machine does in WebAssembly, from registers alone.

/** Independent sums: enough to hide an instruction's latency on two ports, few enough for the 15 vector registers of x64. */
const CHAINS = 12
/** How often the chains are written out in the loop. */
const UNROLL = 4

const chains = Array.from({ length: CHAINS }, (_, i) => `$c${i}`)

/** Multiply-accumulates of one call with `times` 1, for each exported function. */
export const MACS = { dot8: CHAINS * UNROLL * 16, dot16: CHAINS * UNROLL * 8 }

/**
 * A function that does one step over and over. Its result depends on every step and on `seed`, so that no compiler can
 * leave one out.
 * @param {string} name
 * @param {(chain: string) => string} step
 */
function loop(name, step) {
  return `
  (func (export "${name}") (param $times i32) (param $seed i32) (result i32)
    (local $a v128) (local $b v128) ${chains.map((chain) => `(local ${chain} v128)`).join(' ')}
    (local.set $a (i8x16.splat (local.get $seed)))
    (local.set $b (v128.and (i8x16.splat (i32.add (local.get $seed) (i32.const 3))) (i8x16.splat (i32.const 127))))
    ${chains.map((chain, i) => `(local.set ${chain} (i32x4.splat (i32.add (local.get $seed) (i32.const ${i}))))`).join('\n    ')}
    (loop $again
      ${Array.from({ length: UNROLL }, () =>
        chains.map((chain) => `(local.set ${chain} ${step(`(local.get ${chain})`)})`),
      )
        .flat()
        .join('\n      ')}
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32x4.extract_lane 0 ${chains.map((chain) => `(local.get ${chain})`).reduce((sum, chain) => `(i32x4.add ${sum} ${chain})`)}))`
}

/** The module as text: `dot8` is the relaxed dot, `dot16` the baseline's dot with an add. */
export function peakModule() {
  const dot8 = loop('dot8', (chain) => `(i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get $a) (local.get $b) ${chain})`)
  // Each sum is an operand of its own dot: a dot of two values that never change would be lifted out of the loop.
  const dot16 = loop('dot16', (chain) => `(i32x4.add ${chain} (i32x4.dot_i16x8_s ${chain} (local.get $b)))`)
  return `(module ${dot8} ${dot16})\n`
}
