// `npm run fuzz [SECONDS [TARGET…]]`: has each target look for bytes that it does not bear, for so long, with the table of
// docs/security.md. What it finds lies in fuzz/artifacts.

import fs from 'node:fs'
import path from 'node:path'
import { NATIVE } from './cargo.mjs'
import { at, kept, run, Stop, say, script, tee } from './lib.mjs'
import { installCargoTool, setUp } from './setup.mjs'

/** Without a sanitizer, which needs a nightly compiler; the crate has no unsafe code but its kernels. */
const WITHOUT = ['-s', 'none']

/** All targets. */
const ALL = fs
  .readdirSync(at('fuzz', 'fuzz_targets'))
  .map((name) => name.replace('.rs', ''))
  .sort()

/** The last number that a fuzzer has said of something. @param {string} output @param {RegExp} pattern */
const last = (output, pattern) => [...output.matchAll(pattern)].at(-1)?.[1] ?? '–'

/** Runs a target; gives its row of the table, and whether it found nothing. @param {string} target @param {number} seconds */
async function search(target, seconds) {
  const folders = ['corpus', 'seeds'].map((kind) => at('fuzz', kind, target))
  for (const folder of folders) fs.mkdirSync(folder, { recursive: true })
  const limits = [`-max_total_time=${seconds}`, '-timeout=60', '-rss_limit_mb=1500', '-print_final_stats=1']
  const { failure, output } = await kept.run({ chunks: [] }, () =>
    tee('cargo', ['fuzz', 'run', ...WITHOUT, target, ...folders, '--', ...limits]),
  )
  if (failure) console.error(output.slice(-3000))
  const runs = last(output, /stat::number_of_executed_units: (\d+)/g)
  const [reached, memory] = [last(output, / cov: (\d+)/g), last(output, /stat::peak_rss_mb: +(\d+)/g)]
  const minutes = (seconds / 60).toFixed(1).replace('.0', '')
  return {
    failure,
    row: `| ${[`\`${target}\``, minutes, runs, reached, memory, failure ? 'found' : '–'].join(' | ')} |`,
  }
}

await script(async () => {
  const [seconds = '600', ...given] = process.argv.slice(2)
  const unknown = given.filter((name) => !ALL.includes(name))
  if (!Number(seconds) || unknown.length > 0)
    throw new Stop(`usage: npm run fuzz [-- SECONDS [TARGET…]]\nThe targets are ${ALL.join(', ')}`)
  await setUp()
  const bin = await installCargoTool('cargo-fuzz')
  if (!bin) throw new Stop('there is no cargo-fuzz for this system')
  process.env.PATH = `${bin}${path.delimiter}${process.env.PATH}`
  say('writing the seeds that the program writes itself')
  const test = ['test', '--release', '--features', NATIVE, '--test', 'native', '--', 'bytes_of_strangers']
  await run('cargo', test, { env: { INKLING_SEEDS: '1' } })
  await run('cargo', ['fuzz', 'build', ...WITHOUT])
  console.log('| target | minutes | runs | places in the code | MB | findings |\n|---|---|---|---|---|---|')
  for (const target of given.length > 0 ? given : ALL) {
    const { failure, row } = await search(target, Number(seconds))
    console.log(row)
    if (failure) process.exitCode = 1
  }
})
