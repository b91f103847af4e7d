// The packed package in real pages: as files, and through the bundlers that people use.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import {
  bundle,
  model,
  npxInkling,
  outputOf,
  outputOfFolder,
  programme,
  project,
  short,
  startBundler,
  startChromium,
} from './project.mjs'

const app = fs.readFileSync(at('tests', 'package', 'app.js'), 'utf8')
const html = (/** @type {string} */ script) =>
  `<!doctype html><html lang="en"><link rel="icon" href="/icon.svg"><title>A site</title><output></output>${script}`

const EXPECTED = {
  words: '103',
  found: '102',
  mode: 'hybrid',
  kernel: 'relaxed-simd',
  built: 'y',
  builtMode: 'hybrid',
  builtPaths: [
    'model/config.json',
    'model/tokenizer.txt',
    'model/weights.safetensors',
    'index/lexical.safetensors',
    'index/passages.safetensors',
    'index/vectors.safetensors',
    'docs/000.json',
    'manifest.json',
  ],
  stages: ['read', 'model', 'encode'],
  zip: true,
}

/** @type {import('@playwright/test').Browser} */
let browser

before(async () => {
  browser = await startChromium()
})

after(() => browser.close())

/** An index that the package's own command line builds, once for all projects. @type {Promise<string> | undefined} */
let index

async function buildIndex() {
  const root = await project()
  await npxInkling(root, ['index', programme, '--model', model, ...short])
  return path.join(root, 'search')
}

/** A project with a page and that index in `public`. @param {Record<string, string>} files */
async function site(files) {
  const icon = '<svg xmlns="http://www.w3.org/2000/svg"/>'
  const root = await project({ 'main.js': app, 'public/icon.svg': icon, ...files })
  index ??= buildIndex()
  fs.cpSync(await index, path.join(root, 'public', 'search'), { recursive: true })
  return root
}

/** The installed package's files. @param {string} root */
const dist = (root) => path.join(root, 'node_modules', 'inkling-search', 'dist')

test('a plain page uses the package as files, without a build', async () => {
  const here = app
    .replace("'inkling-search'", "'./inkling/index.js'")
    .replace("'inkling-search/build'", "'./inkling/build.js'")
  const root = await site({
    'public/index.html': html('<script type="module" src="app.js"></script>'),
    'public/app.js': here,
  })
  fs.cpSync(dist(root), path.join(root, 'public', 'inkling'), { recursive: true })
  assert.deepEqual(await outputOfFolder(browser, path.join(root, 'public')), EXPECTED)
})

test('Vite builds a page with the package without any configuration', async () => {
  const root = await site({ 'index.html': html('<script type="module" src="/main.js"></script>') })
  await bundle(root, 'vite', ['build'])
  assert.deepEqual(await outputOfFolder(browser, path.join(root, 'dist')), EXPECTED)
})

test('the development server of Vite serves the package, which the configuration keeps from being bundled before', async () => {
  const root = await site({
    'index.html': html('<script type="module" src="/main.js"></script>'),
    'vite.config.js': "export default { optimizeDeps: { exclude: ['inkling-search'] } }",
  })
  const vite = startBundler(root, 'vite', ['--host', 'localhost', '--port', '0'])
  const url = await new Promise((resolve, reject) => {
    let said = ''
    vite.stdout.on('data', (chunk) => {
      said += String(chunk).replace(/\x1b\[[0-9;]*m/g, '')
      const found = /http:\/\/localhost:\d+\//.exec(said)
      if (found) resolve(found[0])
    })
    vite.on('close', () => reject(new Error(`vite ended: ${said}`)))
  })
  try {
    assert.deepEqual(await outputOf(browser, url), EXPECTED)
  } finally {
    vite.kill()
  }
})

test('webpack builds a page with the package without any configuration', async () => {
  const root = await site({ 'public/index.html': html('<script src="main.js"></script>') })
  await bundle(root, 'webpack', ['./main.js', '--mode', 'production', '--output-path', 'public'])
  assert.deepEqual(await outputOfFolder(browser, path.join(root, 'public')), EXPECTED)
})

/** Copies what esbuild does not follow beside a bundle. @param {string} root */
function copyBeside(root) {
  for (const name of ['worker.js', 'later.js', 'wasm'])
    fs.cpSync(path.join(dist(root), name), path.join(root, 'public', name), { recursive: true })
}

test('esbuild bundles a page with the package when worker.js, later.js and wasm/ are copied beside the bundle', async () => {
  const root = await site({ 'public/index.html': html('<script type="module" src="main.js"></script>') })
  await bundle(root, 'esbuild', ['main.js', '--bundle', '--format=esm', '--outdir=public'])
  copyBeside(root)
  assert.deepEqual(await outputOfFolder(browser, path.join(root, 'public')), EXPECTED)
})

// The search box is built by another part of the package: where that is not built, there is nothing to bundle.
const skip = fs.existsSync(at('dist', 'element-define.js')) ? false : 'the search box is not built'

for (const [name, args, output] of /** @type {const} */ ([
  ['vite', ['build'], 'dist'],
  ['webpack', ['./main.js', '--mode', 'production', '--output-path', 'public'], 'public'],
  ['esbuild', ['main.js', '--bundle', '--format=esm', '--outdir=public'], 'public'],
])) {
  test(`the search box goes through ${name} and answers`, { skip }, async () => {
    const box = '<inkling-search><form><input type="search" name="q" aria-label="Search"></form></inkling-search>'
    const page = html(`${box}<script type="module" src="/main.js"></script>`)
    const root = await site({
      'main.js': "import 'inkling-search/element/define'",
      [name === 'vite' ? 'index.html' : 'public/index.html']: page,
    })
    await bundle(root, name, [...args])
    if (name === 'esbuild') copyBeside(root)
    const server = await serve(path.join(root, output))
    const opened = await browser.newPage()
    try {
      await opened.goto(server.url)
      await opened.getByRole('combobox', { name: 'Search' }).fill('best people')
      await opened
        .getByRole('option')
        .filter({ hasText: 'Keeping the best people' })
        .first()
        .waitFor({ timeout: 60_000 })
    } finally {
      await opened.close()
      await server.close()
    }
  })
}
