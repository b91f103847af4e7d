// `npm test`: every test of the project, in order, stopping at the first failure. Sets up what it needs.
// `npm test -- --only browser` runs one layer: rust, wasm, types, unit, browser or package.

import fs from 'node:fs'
import path from 'node:path'
import { buildTypeScript, buildWasm, wasmArguments, wasmEnvironment } from './build.mjs'
import { at, root, say, script, Stop, tee, which } from './lib.mjs'
import { chromium, installChromium, installVulkan, installWasmBindgen, setUp } from './setup.mjs'
import { buildSingle } from './single.mjs'
import { buildCli, buildIndex, buildPage, pullModel } from './site.mjs'

/**
 * How the runners count: cargo and wasm-bindgen, node, Playwright.
 * @type {{ passed: RegExp, failed: RegExp }}
 */
const COUNTS = {
  passed: /(?:test result: \w+\. (\d+) passed)|(?:^[ℹ#] pass (\d+)$)|(?:^ +(\d+) passed \()/gm,
  failed: /(?:test result: \w+\. \d+ passed; (\d+) failed)|(?:^[ℹ#] fail (\d+)$)|(?:^ +(\d+) failed$)/gm,
}

const total = { passed: 0, failed: 0 }

/** @param {string} output @param {RegExp} pattern */
const count = (output, pattern) => [...output.matchAll(pattern)].reduce((sum, [, ...groups]) => sum + Number(groups.find(Boolean)), 0)

/**
 * Runs one test command, announced and timed. A runner that passes without having run a test has not passed.
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function step(name, command, args, env = {}) {
  say(name)
  const start = Date.now()
  const { output, failure } = await tee(command, args, { env })
  const passed = count(output, COUNTS.passed)
  const failed = count(output, COUNTS.failed)
  total.passed += passed
  total.failed += failed
  const seconds = ((Date.now() - start) / 1000).toFixed(1)
  console.log(`  ${name}: ${passed} passed, ${failed} failed, ${seconds} s`)
  if (failure) {
    total.failed = Math.max(total.failed, 1)
    throw failure
  }
  if (passed === 0) throw new Stop(`${name}: no test ran`)
}

const layers = {
  async rust() {
    // The ignored ones are those that fetch the real model, once for all of them.
    await step('Rust', 'cargo', ['test', '--release', '--', '--include-ignored'])
    const gpuTests = ['test', '--release', '--features', 'gpu', '--lib', '--test', 'native', '--', 'gpu::', 'judge::']
    const hasVulkan = await installVulkan()
    if (!hasVulkan) say('what needs a GPU is ignored: no Vulkan driver here (apt-get install mesa-vulkan-drivers)')
    await step('Rust on WebGPU', 'cargo', [...gpuTests, ...(hasVulkan ? ['--include-ignored'] : [])])
  },

  async wasm() {
    await installChromium()
    const env = {
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: path.join(await installWasmBindgen(), 'wasm-bindgen-test-runner'),
      CHROMEDRIVER: which('chromedriver') ?? '',
      WASM_BINDGEN_TEST_TIMEOUT: '300',
    }
    for (const variant of /** @type {const} */ (['simd128', 'relaxed'])) {
      // The profile of the real module: what is tested is what ships, and its dependencies are compiled once.
      const args = ['test', '--profile', 'wasm', ...wasmArguments(), '--test', 'wasm']
      await step(`wasm in Chromium (${variant})`, 'cargo', args, { ...env, ...wasmEnvironment(variant) })
    }
  },

  async types() {
    await buildWasm()
    say('types')
    const { failure } = await tee(at('node_modules', '.bin', 'tsc'), ['--noEmit'])
    if (failure) throw failure
  },

  async unit() {
    // Some ask the engines that its exports are for.
    await buildCli()
    const { build } = await import('esbuild')
    const folder = at('build', 'unit')
    fs.rmSync(folder, { recursive: true, force: true })
    const sources = fs.readdirSync(at('tests', 'unit')).filter((name) => name.endsWith('.test.ts'))
    await build({
      absWorkingDir: root,
      entryPoints: sources.map((name) => `tests/unit/${name}`),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      // PGlite looks for its files beside its script.
      external: ['./wasm/*', '@electric-sql/*'],
    })
    const tests = fs.readdirSync(folder).map((name) => path.join('build', 'unit', name))
    await step('TypeScript units', process.execPath, ['--test', '--test-timeout=60000', '--test-reporter=spec', ...tests])
  },

  async browser() {
    await installChromium()
    await buildCli()
    await pullModel()
    await buildIndex()
    await buildWasm()
    await buildTypeScript()
    await buildPage()
    await buildSingle()
    await step('browser', at('node_modules', '.bin', 'playwright'), ['test'], { CHROMIUM: chromium() ?? '' })
  },

  async package() {
    await installChromium()
    await buildCli()
    await pullModel()
    await buildWasm()
    await buildTypeScript()
    const { installBundlers } = await import('../tests/package/project.mjs')
    await installBundlers()
    const tests = fs.readdirSync(at('tests', 'package')).filter((name) => name.endsWith('.test.mjs')).map((name) => path.join('tests', 'package', name))
    const args = ['--test', '--test-concurrency=1', '--test-timeout=300000', '--test-reporter=spec', ...tests]
    await step('the package', process.execPath, args, { CHROMIUM: chromium() ?? '' })
  },
}

/** @returns {(keyof typeof layers)[]} */
function chosenLayers() {
  const all = /** @type {(keyof typeof layers)[]} */ (Object.keys(layers))
  const [flag, ...names] = process.argv.slice(2)
  if (flag === undefined) return all
  const known = names.filter((name) => /** @type {string[]} */ (all).includes(name))
  if (flag !== '--only' || known.length === 0 || known.length < names.length) {
    throw new Stop(`usage: npm test -- [--only LAYER…], where LAYER is ${all.join(', ')}`)
  }
  return all.filter((name) => names.includes(name))
}

await script(async () => {
  const chosen = chosenLayers()
  try {
    await setUp()
    for (const layer of chosen) await layers[layer]()
  } catch (error) {
    // The closing line belongs last, so what stopped the tests is said before it.
    console.error(error instanceof Stop ? `\n${error.message}` : error)
    total.failed = Math.max(total.failed, 1)
    process.exitCode = 1
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
})
