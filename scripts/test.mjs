// `npm test`: every test of the project, stopping at the first failure. Sets up what it needs. `npm test -- --help` says
// how to run one layer, one file, one test.

import { table } from './lanes.mjs'
import { EVERYTHING, everyChange, layers } from './layers.mjs'
import { at, done, Stop, script } from './lib.mjs'

const width = Math.max(...Object.keys(layers).map((name) => name.length))

const USAGE = `usage: npm test -- [--only LAYER… [FILE…] [-g NAME] [OPTION…]]

  --only LAYER…   only these layers, each of which builds what it needs and no more:
${Object.entries(layers)
  .map(([name, { title }]) => `                  ${name.padEnd(width)}  ${title}`)
  .join('\n')}
  FILE…           only files with this in their names; for rust: test binaries, lib or doc
  -g NAME         only tests with this in their names
  OPTION…         everything else goes to the layer's own runner: cargo's tests, node --test or Playwright

npm test -- --only unit                            seconds, with Node alone
npm test -- --only browser element -g "recent"     tests/browser/element*.spec.ts, tests with "recent" in their names
npm test -- --only browser search.spec --headed
npm test -- --only rust native -g pipeline::       the tests of tests/native/pipeline.rs`

/**
 * What the words of the command line ask for.
 * @param {string[]} words
 * @returns {{ chosen: string[], filter: import('./layers.mjs').Filter }}
 */
export function parse(words) {
  const all = Object.keys(layers)
  if (words.length === 0) return { chosen: everyChange, filter: EVERYTHING }
  if (words[0] !== '--only') throw new Stop(`${words[0]}: name a layer first\n\n${USAGE}`)
  const rest = words.slice(1)
  const end = rest.findIndex((word) => !all.includes(word))
  const chosen = end < 0 ? rest : rest.slice(0, end)
  if (chosen.length === 0) throw new Stop(`--only ${rest[0] ?? ''}: give one of ${all.join(', ')}\n\n${USAGE}`)
  /** @type {import('./layers.mjs').Filter} */
  const filter = { files: [], options: [] }
  const left = end < 0 ? [] : rest.slice(end)
  while (left.length > 0) {
    const word = left.shift() ?? ''
    if (word === '-g' || word === '--grep') {
      const name = left.shift()
      if (!name) throw new Stop(`${word}: give part of a test's name`)
      filter.name = name
    } else if (word.startsWith('-')) filter.options.push(word)
    // The value of an option that is apart from it stays with it: what follows an option is no file.
    else if (filter.options.length > 0) filter.options.push(word)
    else filter.files.push(word)
  }
  return { chosen: all.filter((name) => chosen.includes(name)), filter }
}

/** Runs layers one after the other, and closes with the table and the sum. @param {() => Promise<unknown>} work */
export async function counted(work) {
  let stopped = false
  try {
    await work()
  } catch (error) {
    // The closing line belongs last, so what stopped the tests is said before it.
    console.error(error instanceof Stop ? `\n${error.message}` : error)
    stopped = true
    process.exitCode = 1
  }
  console.log(table())
  const [passed, failed] = [
    done.reduce((sum, step) => sum + (step.passed ?? 0), 0),
    done.reduce((sum, step) => sum + (step.failed ?? 0), 0),
  ]
  console.log(`\n${passed} passed, ${stopped ? Math.max(failed, 1) : failed} failed`)
}

if (process.argv[1] === at('scripts', 'test.mjs')) {
  await script(async () => {
    const words = process.argv.slice(2)
    if (words.includes('--help') || words[0] === '-h') return console.log(USAGE)
    const { chosen, filter } = parse(words)
    await counted(async () => {
      for (const layer of chosen.map((name) => /** @type {import('./layers.mjs').Layer} */ (layers[name]))) {
        await layer.prepare()
        await layer.run(filter)
      }
    })
  })
}
