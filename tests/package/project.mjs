// What the package's tests share: the package as `npm pack` makes it, in projects that are thrown away.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { chromium } from '@playwright/test'
import { at, hashOf, run, unlessDone } from '../../scripts/lib.mjs'
import { packMain, packModel, packNative } from '../../scripts/packages.mjs'
import { serve } from '../../scripts/serve.mjs'
import { cli, modelFolder } from '../../scripts/site.mjs'

const folder = at('build', 'package')

/** Where the bundlers are. */
const bundlers = path.join(folder, 'npm', 'node_modules', '.bin')

/** The tiny model of the tests, and a programme that it knows the words of. */
export const model = at('tests', 'data', 'tiny-quantized')
export const programme = at('tests', 'data', 'schedule.xml')

/** The licence of the model that the tests pack, whichever of the default and its stand-in that is: it stays on this machine. */
export const licence = { license: 'Apache-2.0', licenseFile: at('LICENSE-APACHE') }

/**
 * Makes the tiny model with a student that asks for it in `model` below a folder: itself, published under the family of the first.
 * @param {string} folder
 */
export async function tinyPair(folder) {
  const published = path.join(folder, 'student')
  fs.cpSync(at('tests', 'data', 'tiny-model'), published, { recursive: true })
  const read = (/** @type {string} */ file) => JSON.parse(fs.readFileSync(file, 'utf8'))
  const { id, family } = read(path.join(model, 'config.json'))
  const config = { ...read(path.join(published, 'config.json')), inkling: { student_of: id, family } }
  fs.writeFileSync(path.join(published, 'config.json'), JSON.stringify(config))
  await done(folder, cli, ['model', 'pull', 'dir:student', '--out', 'model'])
  fs.cpSync(model, path.join(folder, 'model', 'documents'), { recursive: true })
}

/** Options that the tiny model needs: it takes 48 tokens. */
export const short = ['--passage-tokens', '40', '--overlap', '8']

/** Installs the bundlers of the lock file, unless they are there. */
export async function installBundlers() {
  await unlessDone({
    name: 'package-npm',
    inputs: hashOf(['tests/package/package-lock.json']),
    outputs: ['build/package/npm/node_modules/.bin/vite'],
    work: async () => {
      fs.mkdirSync(path.join(folder, 'npm'), { recursive: true })
      for (const name of ['package.json', 'package-lock.json'])
        fs.copyFileSync(at('tests', 'package', name), path.join(folder, 'npm', name))
      await run('npm', ['ci', '--prefix', path.join(folder, 'npm'), '--ignore-scripts', '--no-audit', '--no-fund'])
    },
  })
}

/**
 * The environment of a command: this one's without what npm and the runner of the tests put there.
 * @param {{ path?: string, variables?: Record<string, string> }} options
 */
export function environment({ path, variables }) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST_CONTEXT$)/.test(name))
  return { ...Object.fromEntries(kept), ...(path !== undefined && { PATH: path }), ...variables }
}

/**
 * Runs a command to its end, without what npm tells of this process in the environment.
 * @param {string} cwd @param {string} command @param {string[]} args
 * @param {{ path?: string, variables?: Record<string, string> }} [options] `path` takes the place of PATH
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
export function command(cwd, command, args, options = {}) {
  const env = environment(options)
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/**
 * The same, for a command that must succeed; gives its stdout.
 * @param {string} cwd @param {string} program @param {string[]} args
 * @param {{ path?: string, variables?: Record<string, string> }} [options]
 */
export async function done(cwd, program, args, options) {
  const { code, stdout, stderr } = await command(cwd, program, args, options)
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}

/** Folders that go with this process. @type {string[]} */
const temporary = []
process.on('exit', () => temporary.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })))

/** A folder for packages, which goes with this process. */
export function packagesFolder() {
  fs.mkdirSync(folder, { recursive: true })
  const into = fs.mkdtempSync(path.join(folder, 'pack-'))
  temporary.push(into)
  return into
}

/**
 * The tarball of a package, packed anew where a file that it is made of has changed.
 * @param {string} name @param {string[]} sources relative to the root @param {(out: string) => Promise<string>} pack
 */
async function packed(name, sources, pack) {
  const tarball = path.join('build', 'package', `${name}.tgz`)
  const licences = ['LICENSE-APACHE', 'LICENSE-MIT']
  await unlessDone({
    name: `package-${name}`,
    inputs: hashOf(['package.json', 'scripts/packages.mjs', ...licences, ...sources], [process.version]),
    outputs: [tarball],
    work: async () => fs.renameSync(await pack(packagesFolder()), at(tarball)),
  })
  return at(tarball)
}

/** The packages of a release: for users, with the native command line, with the model. */
export const packages = {
  main: () => packed('main', ['README.md', 'dist'], packMain),
  native: () => packed('native', [path.relative(at(), cli)], (out) => packNative({ binary: cli, out })),
  model: () => packed('model', ['build/model', 'models'], (out) => packModel({ folder: modelFolder, ...licence, out })),
}

/** Folders in which npm has installed packages, by their tarballs. @type {Map<string, Promise<string>>} */
const installed = new Map()

/** Makes a folder outside the repository. */
function temporaryFolder() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-package-'))
  temporary.push(root)
  return root
}

/** @param {string[]} tarballs */
async function install(tarballs) {
  const root = temporaryFolder()
  const about = { name: 'throw-away', private: true, type: 'module' }
  fs.writeFileSync(path.join(root, 'package.json'), JSON.stringify(about))
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await done(root, 'npm', ['install', ...options, ...tarballs])
  return root
}

/**
 * A fresh project with the package installed, outside the repository, so that nothing of that is found by chance. npm installs once for
 * all projects of a file with the same packages: each gets a copy of what it left.
 * @param {Record<string, string>} [files] what else is in it @param {string[]} [more] tarballs that are installed, too
 */
export async function project(files = {}, more = []) {
  const tarballs = [await packages.main(), ...more]
  const from = installed.get(tarballs.join()) ?? install(tarballs)
  installed.set(tarballs.join(), from)
  const root = temporaryFolder()
  fs.cpSync(await from, root, { recursive: true, verbatimSymlinks: true })
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    fs.writeFileSync(path.join(root, name), text)
  }
  return root
}

/** Runs the package's command line in a project. @param {string} root @param {string[]} args */
export const npxInkling = (root, args) => done(root, 'npx', ['--offline', 'inkling', '--wasm', ...args])

/** Runs one of the bundlers in a project. @param {string} root @param {string} name @param {string[]} args */
export const bundle = (root, name, args) => done(root, path.join(bundlers, name), args)

/** Starts one of the bundlers, as a server; it is ended with this process. @param {string} root @param {string} name @param {string[]} args */
export function startBundler(root, name, args) {
  const child = spawn(path.join(bundlers, name), args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  process.on('exit', () => child.kill())
  return child
}

/** Every file below a folder, with its hash. @param {string} root @returns {Record<string, string>} */
export function hashes(root) {
  const names = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.statSync(path.join(root, name)).isFile())
  const hash = (/** @type {string} */ name) =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(root, name)))
      .digest('hex')
  return Object.fromEntries(names.sort().map((name) => [name, hash(name)]))
}

/** Starts the browser that the other tests use. */
export const startChromium = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })

/**
 * Opens a page and gives what its script writes into <output>, or fails with what the console says.
 * @param {import('@playwright/test').Browser} browser @param {string} url @returns {Promise<any>}
 */
export async function outputOf(browser, url) {
  const page = await browser.newPage()
  /** @type {string[]} */
  const complaints = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('blob:'))
      complaints.push(`a third party was asked: ${request.url()}`)
  })
  try {
    await page.goto(url)
    await page.locator('output:not(:empty)').waitFor({ timeout: 60_000 })
    assert.deepEqual(complaints, [])
    return JSON.parse(await page.locator('output').innerText())
  } catch (error) {
    throw new Error(`${error}\n${complaints.join('\n')}`)
  } finally {
    await page.close()
  }
}

/**
 * The same for a folder, served under the policy that the package promises to work with.
 * @param {import('@playwright/test').Browser} browser @param {string} site
 */
export async function outputOfFolder(browser, site) {
  const server = await serve(site)
  try {
    return await outputOf(browser, `${server.url}/`)
  } finally {
    await server.close()
  }
}
