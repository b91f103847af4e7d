// The way of somebody who has Node and nothing else: packages from tarballs, a built site, one command, a page that answers.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { at, capture } from '../../scripts/lib.mjs'
import { packModel, thisPlatform, writeWheel } from '../../scripts/packages.mjs'
import { serve } from '../../scripts/serve.mjs'
import { cli } from '../../scripts/site.mjs'
import { command, done, environment, packages, packagesFolder, project, startChromium } from './project.mjs'

/** Pages of a club that lends boats, by their names. @type {Record<string, string>} */
const PAGES = {
  'index.html': '<h1>The club</h1><p>We row on the river from March to October, and mend the boats in winter.</p>',
  'fees/index.html':
    '<h1>Fees</h1><h2 id="leaving">Ending a membership</h2><p>Write a letter before the first of November, and nothing is taken from your account in the new year.</p>',
  'weather/index.html':
    '<h1>Weather</h1><p>When the wind is above force five nobody goes out. The gauge at the bridge counts.</p>',
}
const QUESTION = 'how do I cancel and stop paying?'

/** What a visitor loads to search by meaning. */
const MODEL_FILES = ['config.json', 'tokenizer.txt', 'weights.safetensors'].map((name) => `/search/model/${name}`)

/** A PATH with Node and what every system has; no Rust. */
const PATH = [path.dirname(process.execPath), '/usr/bin', '/bin'].join(path.delimiter)

/** No hub, no pip, and a cache that holds nothing. @param {string} root */
const alone = (root) => ({
  path: PATH,
  variables: {
    HF_ENDPOINT: 'http://127.0.0.1:9',
    PYTHON: 'no-python',
    XDG_CACHE_HOME: path.join(root, 'cache'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
  },
})

/** @param {string} name @param {string} body */
const page = (name, body) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title></head><body><nav>Home</nav><main>${body}</main></body></html>`

/** The pages of the site, as files below a folder. @param {string} folder */
const site = (folder) =>
  Object.fromEntries(Object.entries(PAGES).map(([name, body]) => [`${folder}/${name}`, page(name, body)]))

/** @type {import('@playwright/test').Browser} */
let browser
/** The packages beside the main one. */
const [nativePackage, modelPackage] = [await packages.native(), await packages.model()]

before(async () => {
  browser = await startChromium()
})
after(() => browser.close())

/**
 * Pastes what the command said into the first page, and asks it there; gives where the first hit leads. Of the model the server gives
 * out the query encoder alone.
 * @param {string} folder @param {string[]} html
 */
async function asked(folder, html) {
  const index = path.join(folder, 'index.html')
  const [head = '', box = ''] = html
  const pasted = fs.readFileSync(index, 'utf8').replace('</head>', `${head}</head>`).replace('<nav>', `${box}<nav>`)
  fs.writeFileSync(index, pasted)
  /** The files that the server was asked for. @type {Set<string>} */
  const sent = new Set()
  const server = await serve(folder, { onRequest: (file) => void sent.add(file) })
  const tab = await browser.newPage()
  /** @type {string[]} */
  const complaints = []
  tab.on('pageerror', (error) => complaints.push(String(error)))
  try {
    await tab.goto(server.url)
    await tab.getByRole('combobox').fill(QUESTION)
    await tab.getByRole('option').filter({ hasText: 'Fees' }).first().click({ timeout: 60_000 })
    await tab.waitForURL(/fees/)
    assert.deepEqual(complaints, [])
    // A seldom word of the question is fetched beside what all questions need.
    const models = [...sent].filter((file) => /^\/search\/model\/(?!rows\/)/.test(file))
    const bytes = models.map((file) => fs.statSync(path.join(folder, file)).size).reduce((sum, more) => sum + more, 0)
    assert.deepEqual(models.sort(), MODEL_FILES)
    assert.equal((bytes / 1e6).toFixed(1), '3.1', 'MB of the model that a visitor loads')
    return tab.url()
  } finally {
    await tab.close()
    await server.close()
  }
}

test('three packages and one command make a built site answer in the browser, without Rust and without a network', async () => {
  const root = await project(site('public'), [nativePackage, modelPackage])
  const tools = await command(root, 'sh', ['-c', 'command -v cargo rustc rustup'], alone(root))
  assert.equal(tools.stdout, '', 'there is no Rust on the PATH')
  const { code, stdout, stderr } = await command(
    root,
    'npx',
    ['--offline', 'inkling-search', 'site', 'public', '--json'],
    alone(root),
  )
  assert.equal(code, 0, stderr)
  assert.ok(!stderr.includes('WebAssembly'), stderr)
  const { html, languages, page_files } = JSON.parse(stdout)
  const [{ pages, query_model, model_bytes }] = languages
  assert.deepEqual([pages, query_model], [3, 'all-MiniLM-L6-v2-query'])
  assert.equal((model_bytes / 1e6).toFixed(1), '3.1')
  assert.ok(page_files > 10)
  assert.match(await asked(path.join(root, 'public'), html), /fees\/#leaving$/)
})

test('npx hands the exit code and the signals of the native command line on', async () => {
  const root = await project(site('public'), [nativePackage, modelPackage])
  const failed = await command(root, 'npx', ['--offline', 'inkling-search', 'inspect', 'nowhere'], alone(root))
  assert.deepEqual([failed.code, /\[not-found\]/.test(failed.stderr)], [1, true])
  assert.equal((await command(root, 'npx', ['--offline', 'inkling-search', 'serch'], alone(root))).code, 2)

  const launcher = path.join(root, 'node_modules', 'inkling-search', 'dist', 'cli.js')
  const child = spawn(process.execPath, [launcher, 'site', 'public', '--watch'], {
    cwd: root,
    env: environment(alone(root)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await new Promise((resolve) => {
    let said = ''
    child.stderr.on('data', (chunk) => /watching/.test((said += chunk)) && resolve(said))
  })
  const native = capture('pgrep', ['-P', String(child.pid)])
  const closed = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })))
  child.kill('SIGTERM')
  assert.deepEqual(await closed, { code: null, signal: 'SIGTERM' })
  if (native) assert.equal(fs.existsSync(`/proc/${native}`), false, 'the native command line has ended, too')
})

test('without the native package one line says so, and WebAssembly makes the same site answer', async () => {
  const root = await project(site('public'), [modelPackage])
  const args = ['--offline', 'inkling-search', 'site', 'public', '--json']
  const { code, stdout, stderr } = await command(root, 'npx', args, alone(root))
  assert.equal(code, 0, stderr)
  const said = `no native command line for ${thisPlatform()} is installed: working by WebAssembly, on one core`
  assert.equal(stderr.split('\n')[0], said)
  assert.match(await asked(path.join(root, 'public'), JSON.parse(stdout).html), /fees\/#leaving$/)
})

test('the model package names the model, its makers’ licence and what was changed', async () => {
  const root = await project({}, [modelPackage])
  const [name = ''] = fs
    .readdirSync(path.join(root, 'node_modules'))
    .filter((name) => name.startsWith('inkling-model-'))
  const folder = path.join(root, 'node_modules', name)
  const card = fs.readFileSync(path.join(folder, 'README.md'), 'utf8')
  for (const model of ['model', 'model/documents']) {
    const { id, weights } = JSON.parse(fs.readFileSync(path.join(folder, model, 'config.json'), 'utf8'))
    for (const part of [id, weights.sha256, 'Apache-2.0', 'rounded']) assert.ok(card.includes(part), part)
  }
  assert.match(fs.readFileSync(path.join(folder, 'QUERY-MODEL-CARD.md'), 'utf8'), /How it was made/)
  assert.match(fs.readFileSync(path.join(folder, 'LICENSE'), 'utf8'), /Apache License/)
  await assert.rejects(
    packModel({ folder: at('tests', 'data', 'tiny-quantized'), out: packagesFolder() }),
    /the licence of tiny-model is not known here/,
  )
})

const python = '/usr/bin/python3'
const hasPip = capture(python, ['-c', 'import venv, ensurepip']) !== undefined

test('pip installs the same command line, with all that a page loads', {
  skip: !hasPip && `${python} has no venv with pip: apt-get install python3-venv`,
}, async () => {
  const root = await project(site('public'), [modelPackage])
  const wheel = await writeWheel({ binary: cli, out: packagesFolder(), python })
  await done(root, python, ['-m', 'venv', 'env'])
  const bin = path.join(root, 'env', 'bin')
  await done(root, path.join(bin, 'pip'), ['install', '--no-index', '--quiet', wheel])
  // What encodes documents alone: the wheel has what encodes queries for it.
  const ofModel = fs.readdirSync(path.join(root, 'node_modules')).find((name) => name.startsWith('inkling-model-'))
  const model = path.join(root, 'node_modules', String(ofModel), 'model', 'documents')
  for (const name of ['inkling', 'inkling-search']) {
    const said = await done(root, path.join(bin, name), ['site', 'public', '--json', '--model', model], alone(root))
    const { html, page_files } = JSON.parse(said)
    assert.ok(page_files > 10, 'the page loads what the wheel brought along')
    if (name === 'inkling') assert.match(await asked(path.join(root, 'public'), html), /fees\/#leaving$/)
  }
  assert.match(await done(root, path.join(bin, 'python'), ['-m', 'inkling_search', '--version']), /^inkling \d/)
})
