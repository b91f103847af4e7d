// `npm run bench`: this project's encoder against transformers.js and candle, in one browser on this machine.
// See tests/bench/README.md.

import { parseArgs } from 'node:util'
import { withBrowser } from '../tests/bench/browser.mjs'
import { measureDownload } from '../tests/bench/bytes.mjs'
import { timeColdStarts } from '../tests/bench/cold.mjs'
import { ENGINES } from '../tests/bench/engines.mjs'
import { measureFirst } from '../tests/bench/first.mjs'
import { checkLoad, describeMachine, versions } from '../tests/bench/machine.mjs'
import { measureMemory } from '../tests/bench/memory.mjs'
import { measureQueryEncoders } from '../tests/bench/queries.mjs'
import { measureRanking } from '../tests/bench/ranking.mjs'
import { writeResults } from '../tests/bench/results.mjs'
import { setUpBench } from '../tests/bench/setup.mjs'
import { measureSlow } from '../tests/bench/slow.mjs'
import { measureTasks } from '../tests/bench/tasks.mjs'
import { makeTexts } from '../tests/bench/texts.mjs'
import { timeEngines } from '../tests/bench/timing.mjs'
import { measureWaterfall } from '../tests/bench/waterfall.mjs'
import { timeWebGpu } from '../tests/bench/webgpu.mjs'
import { buildTypeScript } from './build.mjs'
import { at, Stop, say, script } from './lib.mjs'
import { installChromium, setUp } from './setup.mjs'
import { buildCli, buildIndex, buildPage, pullModel } from './site.mjs'
import { buildWasm } from './wasm.mjs'

const USAGE = `usage: npm run bench -- [OPTION…]
  --only PART       encode, bulk (which brings encode along), cold, bytes (which brings visit along), visit, first, slow, queries, memory, ranking, tasks or webgpu; may be given more than once. Default: all
  --browser NAME    vnni (as it is) or no-vnni (without AVX-VNNI); may be given more than once. Default: both
  --engine NAME     ${Object.keys(ENGINES).join(', ')}; may be given more than once.
                    Default: all but q8Published, whose encoding is that of q8
  --rounds N        turns of each engine at each length. Default: 20
  --quick           a trial of everything in a few minutes; its figures are noise
  --vectors FILE    for \`first\`: vectors of 100,000 texts, as \`inkling encode --format npy\` writes them; made sites of 10,000
                    and 100,000 documents then have these
  --questions FILE  for \`first\`: questions about those texts, one a line, which are asked by meaning
  --out FOLDER      where the results go. Default: tests/bench/results, or build/bench/results for a part or a trial
  --no-build        takes dist/ and build/model as they are
  --setup           only fetches and builds what the bench needs
  --force           runs although the machine is busy`

const PARTS = [
  'encode',
  'bulk',
  'cold',
  'bytes',
  'visit',
  'first',
  'slow',
  'queries',
  'memory',
  'ranking',
  'tasks',
  'webgpu',
]

/** Those that compare no encoders. */
const WITHOUT_ENCODERS = ['visit', 'first', 'slow', 'queries', 'ranking', 'tasks']

/** Those that visit the demo. */
const OF_DEMO = ['bytes', 'visit', 'slow', 'queries', 'tasks']

/** Flags of the browser by name: what most machines of these years have is a CPU without AVX-VNNI. @type {Record<string, string[]>} */
const BROWSERS = { vnni: [], 'no-vnni': ['--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8'] }

/** Both builds of ONNX Runtime encode alike; they differ in what they weigh and how they start. */
const TIMED = Object.keys(ENGINES).filter((name) => name !== 'q8Published')

/** @param {string[] | undefined} chosen @param {string[]} all @param {string} flag */
function choice(chosen, all, flag) {
  const wrong = chosen?.find((name) => !all.includes(name))
  if (wrong) throw new Stop(`${flag} ${wrong}: give one of ${all.join(', ')}`)
  return chosen ? all.filter((name) => chosen.includes(name)) : all
}

function options() {
  const many = /** @type {const} */ ({ type: 'string', multiple: true })
  const yes = /** @type {const} */ ({ type: 'boolean', default: false })
  try {
    const { values } = parseArgs({
      options: {
        only: many,
        browser: many,
        engine: many,
        rounds: { type: 'string' },
        vectors: { type: 'string' },
        questions: { type: 'string' },
        out: { type: 'string' },
        quick: yes,
        'no-build': yes,
        setup: yes,
        force: yes,
        help: yes,
      },
    })
    const rounds = Number(values.rounds ?? (values.quick ? 2 : 20))
    if (!Number.isInteger(rounds) || rounds < 1) throw new Stop(`--rounds ${values.rounds}: give a whole number from 1`)
    // Results to be kept are complete ones: a part must not take the place of the day's whole.
    const partial = Boolean(values.quick || values.only || values.browser || values.engine)
    return {
      ...values,
      rounds,
      out: values.out ?? (partial ? at('build', 'bench', 'results') : at('tests', 'bench', 'results')),
      parts: choice(values.only, PARTS, '--only'),
      browsers: choice(values.browser, Object.keys(BROWSERS), '--browser'),
      engines: choice(values.engine ?? TIMED, Object.keys(ENGINES), '--engine'),
    }
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
  }
}

/** Builds what is compared, each part only if it is not done. @param {{ build: boolean, encoders: boolean, demo: boolean }} choice */
async function prepare({ build, encoders, demo }) {
  if (build) {
    await setUp()
    await installChromium()
    await buildCli('cli')
    await pullModel()
    await buildWasm()
    await buildTypeScript()
    if (demo) {
      await buildIndex()
      await buildPage()
    }
  }
  await setUpBench({ encoders })
}

/** What visitors wait for. @param {string[]} parts @param {boolean} quick @param {number} rounds */
async function measureVisits(parts, quick, rounds) {
  if (parts.includes('tasks')) say('measuring the tasks of the search box')
  const tasks = parts.includes('tasks') && (await measureTasks(quick ? 1 : 5))
  const slow = parts.includes('slow') && (await measureSlow(quick ? 1 : 5))
  const few = quick ? { profiles: 1, visits: 1, rounds } : { profiles: 5, visits: 3, rounds }
  const queries = parts.includes('queries') && (await measureQueryEncoders(few))
  return { ...(tasks && { tasks }), ...(slow && { slow }), ...(queries && { queries }) }
}

await script(async () => {
  const {
    parts,
    browsers,
    engines,
    rounds,
    quick,
    force,
    help,
    setup,
    out,
    'no-build': asItIs,
    vectors,
    questions,
  } = options()
  if (help) return console.log(USAGE)
  // Bytes are the same on a busy machine.
  const loadAverage = checkLoad(force || quick || setup || parts.every((part) => ['first', 'visit'].includes(part)))
  const encoders = parts.some((part) => !WITHOUT_ENCODERS.includes(part))
  await prepare({ build: !asItIs, encoders, demo: parts.some((part) => OF_DEMO.includes(part)) })
  if (setup) return

  const ranking = parts.includes('ranking') ? await measureRanking({ quick, rounds }) : undefined
  const first = parts.includes('first') ? await measureFirst({ quick, vectors, questions }) : undefined
  const texts = encoders ? await makeTexts() : undefined
  const effort = { rounds, bulkRounds: quick ? 1 : 5, warmUps: quick ? 1 : 3 }
  const runs = []
  if (texts && (parts.includes('encode') || parts.includes('bulk'))) {
    for (const name of browsers) {
      say(`timing the encoders (${name})`)
      runs.push(
        await timeEngines({ name, flags: BROWSERS[name] ?? [], engines, texts, effort, bulk: parts.includes('bulk') }),
      )
    }
  }
  const colds = quick || !parts.includes('cold') ? { profiles: 1, visits: 1 } : { profiles: 5, visits: 3 }
  const cold = parts.includes('cold') || parts.includes('bytes') ? await timeColdStarts(colds) : undefined
  /** @type {Record<string, import('../tests/bench/bytes.mjs').Download>} */
  const downloads = {}
  if (cold && parts.includes('bytes')) {
    say('compressing what was downloaded (minutes, the first time)')
    for (const [name, sent] of Object.entries(cold.requests)) downloads[name] = await measureDownload(sent)
  }
  const waterfall = parts.includes('bytes') || parts.includes('visit') ? await measureWaterfall() : undefined
  if (parts.includes('memory')) say('measuring memory')
  const memory = texts && parts.includes('memory') ? await measureMemory(engines, texts) : undefined
  const visits = await measureVisits(parts, quick, rounds)
  const webgpu = texts && parts.includes('webgpu') ? await timeWebGpu({ texts, rounds }) : undefined

  const browser = await withBrowser([], async (context) => context.browser()?.version() ?? 'unknown')
  writeResults(out, {
    date: new Date().toISOString().slice(0, 10),
    quick,
    rounds,
    machine: describeMachine({ browser, loadAverage }),
    versions: versions(),
    runs,
    ...(cold && parts.includes('cold') && { cold: cold.times }),
    ...(parts.includes('bytes') && { downloads }),
    ...(waterfall && { waterfall }),
    ...(memory && { memory }),
    ...(ranking && { ranking }),
    ...(first && { first }),
    ...visits,
    ...(webgpu && { webgpu }),
  })
})
