// The layers of the tests: what each needs, and how its runner is called with the files and names that were asked for.

import fs from 'node:fs'
import path from 'node:path'
import { buildTypeScript } from './build.mjs'
import { NATIVE, wasmArguments, wasmEnvironment } from './cargo.mjs'
import { shareVariants } from './crates.mjs'
import { prepareEngines } from './engines.mjs'
import { sideBySide } from './lanes.mjs'
import { at, done, print, root, run, Stop, say, tee, which } from './lib.mjs'
import {
  chromium,
  headlessChromium,
  installChromium,
  installVulkan,
  installWasmBindgen,
  installWasmTarget,
  setUp,
} from './setup.mjs'
import { buildSingle } from './single.mjs'
import { buildCli, buildIndex, buildPage, pullModel, TESTS } from './site.mjs'
import { buildTemplate } from './template.mjs'
import { buildWasm } from './wasm.mjs'

/**
 * What of a layer to run: everything, or what was asked for.
 * @typedef {object} Filter
 * @property {string[]} files parts of the names of its files
 * @property {string} [name] part of the names of its tests
 * @property {string[]} options those of its runner
 */

/** @type {Filter} */
export const EVERYTHING = { files: [], options: [] }

/**
 * @typedef {object} Layer
 * @property {string} title
 * @property {boolean} [isNightly] takes too long, or too much from registries, for each change: it runs at night, and when it is named
 * @property {() => Promise<unknown>} prepare
 * @property {(filter: Filter) => Promise<unknown>} run
 */

/** How the runners count: cargo and wasm-bindgen, node, Playwright. */
const COUNTS = {
  passed: /(?:test result: \w+\. (\d+) passed)|(?:^[ℹ#] pass (\d+)$)|(?:^ +(\d+) passed \()/gm,
  failed: /(?:test result: \w+\. \d+ passed; (\d+) failed)|(?:^[ℹ#] fail (\d+)$)|(?:^ +(\d+) failed$)/gm,
}

/** @param {string} output @param {RegExp} pattern */
const count = (output, pattern) =>
  [...output.matchAll(pattern)].reduce((sum, [, ...groups]) => sum + Number(groups.find(Boolean)), 0)

/**
 * Runs one test command, announced, timed and counted; gives how many tests passed.
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function step(name, command, args, env = {}) {
  say(name)
  const start = Date.now()
  const { output, failure } = await tee(command, args, { env })
  const [passed, failed] = [count(output, COUNTS.passed), count(output, COUNTS.failed)]
  const seconds = (Date.now() - start) / 1000
  done.push({ name, seconds, passed, failed: failure ? Math.max(failed, 1) : failed })
  print(`  ${name}: ${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`)
  if (failure) throw failure
  return passed
}

/** A runner that passes without having run a test has not passed. @param {number} passed @param {string} what */
function some(passed, what) {
  if (passed === 0) throw new Stop(`${what}: no test ran`)
}

/** The paths of a folder's test files that were asked for. @param {string} folder @param {string} ending @param {Filter} filter */
function filesOf(folder, ending, { files }) {
  const all = fs.readdirSync(at('tests', folder)).filter((name) => name.endsWith(ending))
  const chosen =
    files.length === 0
      ? all
      : all.filter((name) => files.some((file) => path.join('tests', folder, name).includes(file)))
  if (chosen.length === 0)
    throw new Stop(
      `tests/${folder} has no ${files.join(' or ')}: it has ${all.map((name) => name.replace(ending, '')).join(', ')}`,
    )
  return chosen.map((name) => path.join('tests', folder, name))
}

/** Node's options for a filter. @param {Filter} filter */
const nodeOptions = ({ name, options }) => [
  '--test',
  '--test-reporter=spec',
  ...(name ? [`--test-name-pattern=${name}`] : []),
  ...options,
]

/** Runs tests in TypeScript that need no browser. @param {string} title @param {string} folder @param {Filter} filter */
async function runInNode(title, folder, filter) {
  const { build } = await import('esbuild')
  const outdir = at('build', folder)
  fs.rmSync(outdir, { recursive: true, force: true })
  const entryPoints = filesOf(folder, '.test.ts', filter)
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outbase: at('tests', folder),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // PGlite and our scripts look for files beside their own.
    external: ['./wasm/*', '@electric-sql/*', '../../scripts/*'],
  })
  const tests = entryPoints.map((file) => path.join('build', folder, `${path.basename(file, '.ts')}.mjs`))
  some(await step(title, process.execPath, [...nodeOptions(filter), '--test-timeout=120000', ...tests]), title)
}

/** The test binaries of the crate. */
const binaries = () =>
  fs.readdirSync(at('tests')).flatMap((name) => {
    if (fs.existsSync(at('tests', name, 'main.rs'))) return name
    return name.endsWith('.rs') && name !== 'wasm.rs' ? name.slice(0, -3) : []
  })

/** Cargo's arguments for a filter: files are test binaries, `lib` and `doc`. @param {Filter} filter */
function cargoFilter({ files, name, options }) {
  const known = new Map([
    ['lib', ['--lib']],
    ['doc', ['--doc']],
    ...binaries().map((name) => /** @type {[string, string[]]} */ ([name, ['--test', name]])),
  ])
  const unknown = files.filter((file) => !known.has(file))
  if (unknown.length > 0)
    throw new Stop(
      `no Rust tests are called ${unknown.join(', ')}: there are ${[...known.keys()].join(', ')}; a test's own name goes after -g`,
    )
  return { targets: files.flatMap((file) => known.get(file) ?? []), words: [...(name ? [name] : []), ...options] }
}

/** Everything that the packed package needs. */
async function preparePackage() {
  await setUp()
  await installChromium()
  await buildCli(NATIVE)
  await pullModel()
  await buildWasm()
  await buildTypeScript()
  await buildTemplate()
}

/** Everything that the demo's pages need. */
async function prepareSite() {
  await setUp()
  await installChromium()
  await buildCli(NATIVE)
  await pullModel()
  await buildIndex()
  await buildWasm()
  await buildTypeScript()
  await buildPage()
  await buildSingle()
}

/** Runs projects of Playwright, each under its name; one that fails does not keep the next from running. @param {Filter} filter @param {Record<string, string>} projects */
async function runInChromium({ files, name, options }, projects) {
  const env = { CHROMIUM: chromium() ?? '', HEADLESS_CHROMIUM: headlessChromium() ?? '' }
  const asked = [...(name ? ['--grep', name] : []), ...options, ...files]
  const isNamed = asked.some((arg) => arg.startsWith('--project'))
  let passed = 0
  /** @type {unknown[]} */
  const failures = []
  for (const [title, project] of Object.entries(projects).slice(0, isNamed ? 1 : undefined)) {
    const only = isNamed ? [] : [`--project=${project}`, '--pass-with-no-tests']
    const ran = step(title, at('node_modules', '.bin', 'playwright'), ['test', ...only, ...asked], env)
    passed += await ran.catch((error) => failures.push(error) && 0)
  }
  if (failures.length > 0) throw failures[0]
  some(passed, Object.keys(projects)[0] ?? '')
}

/** @type {Record<string, Layer>} */
export const layers = {
  rust: {
    title: 'the crate, with the real model and on WebGPU in software; files are test binaries, lib or doc',
    prepare: () => setUp(),
    async run(filter) {
      const { targets, words: asked } = cargoFilter(filter)
      const hasVulkan = await installVulkan()
      if (!hasVulkan) say('what needs a GPU is left out: no Vulkan driver here (apt-get install mesa-vulkan-drivers)')
      // What is ignored fetches the real model, once for all of them, or computes on a GPU.
      const words = ['--', '--include-ignored', ...(hasVulkan ? [] : ['--skip', 'webgpu::']), ...asked]
      // Targets are named, since without that cargo compiles the examples, too. Doc tests go alone or not at all.
      const calls = targets.length > 0 ? [targets] : [TESTS, ['--doc']]
      let passed = 0
      for (const call of calls)
        passed += await step(call.includes('--doc') ? 'Rust, doc tests' : 'Rust', 'cargo', [
          'test',
          '--release',
          '--features',
          NATIVE,
          ...call,
          ...words,
        ])
      some(passed, 'Rust')
    },
  },

  wasm: {
    title: 'the wasm modules in Chromium, each kernel and the encoder',
    prepare: async () => {
      await setUp(['rust', 'cc'])
      await installWasmTarget()
      await installChromium()
    },
    async run(filter) {
      const env = {
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: path.join(
          await installWasmBindgen('wasm-bindgen-test-runner'),
          'wasm-bindgen-test-runner',
        ),
        CHROMEDRIVER: which('chromedriver') ?? '',
        WASM_BINDGEN_TEST_TIMEOUT: '300',
      }
      const words = [...filter.files, ...(filter.name ? [filter.name] : []), ...filter.options]
      // The profile of the real module: what is tested is what ships, and its dependencies are compiled once.
      const args = ['test', '--profile', 'wasm', ...wasmArguments('web-index,web-encoder'), '--test', 'wasm']
      await run('cargo', [...args, '--no-run'], { env: wasmEnvironment('simd128') })
      shareVariants()
      const ofVariant = (/** @type {import('./cargo.mjs').Variant} */ variant) => async () => {
        const name = `wasm in Chromium (${variant})`
        const asked = words.length > 0 ? ['--', ...words] : []
        some(await step(name, 'cargo', [...args, ...asked], { ...env, ...wasmEnvironment(variant) }), name)
      }
      await sideBySide([[ofVariant('simd128')], [ofVariant('relaxed')]])
    },
  },

  unit: {
    title: 'TypeScript and scripts, in Node alone',
    prepare: () => setUp([]),
    run: (filter) => runInNode('TypeScript units', 'unit', filter),
  },

  export: {
    title: 'what inkling export writes, in the engines that it is for',
    prepare: async () => {
      await setUp(['rust', 'cc'])
      await buildCli(NATIVE)
    },
    run: (filter) => runInNode('exports', 'export', filter),
  },

  browser: {
    title: 'the demo, the element, the package and the page that is one file, in Chromium',
    prepare: prepareSite,
    run: (filter) => runInChromium(filter, { browser: 'chromium', 'browser, one at a time': 'alone' }),
  },

  webgpu: {
    title: 'the search on WebGPU in software, in Chromium',
    prepare: prepareSite,
    run: (filter) => runInChromium(filter, { webgpu: 'webgpu' }),
  },

  engines: {
    title: 'the main ways through demo and package in Chromium, Firefox and WebKitGTK',
    prepare: async () => {
      await prepareSite()
      await prepareEngines()
    },
    async run(filter) {
      const options = [...nodeOptions(filter), '--test-concurrency=2', '--test-timeout=900000']
      some(await step('engines', process.execPath, [...options, ...filesOf('engines', '.test.mjs', filter)]), 'engines')
    },
  },

  package: {
    title: 'the packed package, in projects of its users and their bundlers',
    prepare: async () => {
      await preparePackage()
      const { installBundlers } = await import('../tests/package/project.mjs')
      await installBundlers()
    },
    async run(filter) {
      const args = [
        ...nodeOptions(filter),
        '--test-concurrency=1',
        '--test-timeout=300000',
        ...filesOf('package', '.test.mjs', filter),
      ]
      some(await step('the package', process.execPath, args, { CHROMIUM: headlessChromium() ?? '' }), 'the package')
    },
  },

  integrations: {
    title: 'sites by the tools of integrations/, from their registries, in Chromium; only when named',
    isNightly: true,
    prepare: preparePackage,
    async run(filter) {
      const args = [...nodeOptions(filter), '--test-concurrency=1', '--test-timeout=900000']
      const files = filesOf('integrations', '.test.mjs', filter)
      const name = 'integrations'
      some(await step(name, process.execPath, [...args, ...files], { CHROMIUM: chromium() ?? '' }), name)
    },
  },
}

/** The layers that every change has to pass. */
export const everyChange = Object.keys(layers).filter((name) => !layers[name]?.isNightly)
