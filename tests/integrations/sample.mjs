// What the tests of integrations share: a small site in the words of each tool, packages as users install them, and a visitor.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { at, cacheFolder } from '../../scripts/lib.mjs'
import { packIntegration, packMain, packModel, packNative, writeWheel } from '../../scripts/packages.mjs'
import { cli, modelFolder } from '../../scripts/site.mjs'
import { command, done, environment, licence, packagesFolder, startChromium } from '../package/project.mjs'

/** The pages of a club that lends boats: names, titles, and what is in them in Markdown. */
export const PAGES = [
  {
    name: 'index',
    title: 'The club',
    text: 'We row on the river from March to October, and mend the boats in winter.',
  },
  {
    name: 'fees',
    title: 'Fees',
    text: 'Juniors row for half of the sum.\n\n## Ending a membership\n\nWrite a letter before the first of November, and nothing is taken from your account in the new year.',
  },
  {
    name: 'weather',
    title: 'Weather',
    text: 'When the wind is above force five nobody goes out. The gauge at the bridge counts.',
  },
]

/** A question that shares no word with its answer. */
const QUESTION = 'how do I cancel and stop paying?'

/** Where the answer is. */
export const ANSWER = /\/fees(\.html|\/)?#ending-a-membership$/

/** The pages as files. @param {(page: { name: string, title: string, text: string }) => [string, string]} write */
export const files = (write) => Object.fromEntries(PAGES.map(write))

/** @type {import('@playwright/test').Browser | undefined} */
let browser

/** Ends the browser. */
export const leave = () => browser?.close()

/**
 * Asks the first page of a site, and gives the address that the best answer leads to.
 * @param {string} url
 */
export async function asked(url) {
  browser ??= await startChromium()
  const tab = await browser.newPage()
  /** @type {string[]} */
  const complaints = []
  // Of our own scripts: a theme may miss its plugin for searches, or what it loads from elsewhere.
  tab.on('pageerror', (error) => error.stack?.includes('/search/page/') && complaints.push(error.stack))
  try {
    await tab.goto(url, { timeout: 120_000 })
    if (process.env.SHOTS) await tab.screenshot({ path: path.join(process.env.SHOTS, `${Date.now()}.png`) })
    await tab.locator('inkling-search input:visible').first().click()
    const box = tab.locator('inkling-search input[role=combobox]:visible')
    await box.fill(QUESTION)
    const best = tab.getByRole('option').first()
    await best.filter({ hasText: 'Fees' }).waitFor({ timeout: 60_000 })
    if (process.env.SHOTS) await tab.screenshot({ path: path.join(process.env.SHOTS, `${Date.now()}.png`) })
    await best.click()
    await tab.waitForURL(/fees/)
    await tab.locator('h2, h3').filter({ hasText: 'Ending a membership' }).first().waitFor()
    assert.deepEqual(complaints, [])
    return tab.url()
  } finally {
    await tab.close()
  }
}

/** Tarballs, by what they are of. @type {Map<string, Promise<string>>} */
const packed = new Map()

/** @param {string} name @param {(out: string) => Promise<string>} pack */
function once(name, pack) {
  const tarball = packed.get(name) ?? pack(packagesFolder())
  packed.set(name, tarball)
  return tarball
}

/** Where the tools are kept between runs: outside of the repository, so that nothing of that is found by chance. */
const kept = path.join(cacheFolder, 'integrations')

/** What of a project stays: the tools. */
const TOOLS = ['node_modules', 'package.json', 'package-lock.json', 'env']

/**
 * The folder of a project with its files, and of its last run only the tools.
 * @param {string} name @param {Record<string, string>} contents
 */
function folder(name, contents) {
  const root = path.join(kept, name)
  fs.mkdirSync(root, { recursive: true })
  const old = fs.readdirSync(root).filter((entry) => !TOOLS.includes(entry))
  for (const entry of old) fs.rmSync(path.join(root, entry), { recursive: true })
  fs.rmSync(path.join(root, 'node_modules', '.cache'), { recursive: true, force: true })
  for (const [file, text] of Object.entries(contents)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
  return root
}

/**
 * A project with packages of the registry, and with ours from their tarballs.
 * @param {{ name: string, tool?: string, packages?: string[] }} project `tool` is its folder in integrations/, if it has one
 * @param {Record<string, string>} contents
 */
export async function npmProject({ name, tool, packages = [] }, contents) {
  const tarballs = await Promise.all([
    once('main', (out) => packMain(out)),
    once('native', (out) => packNative({ binary: cli, out })),
    once('model', (out) => packModel({ folder: modelFolder, ...licence, out })),
    ...(tool ? [once(tool, (out) => packIntegration(tool, out))] : []),
  ])
  const root = folder(name, contents)
  const about = path.join(root, 'package.json')
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (!fs.existsSync(about)) fs.writeFileSync(about, JSON.stringify({ name: 'sample', private: true }))
  const has = JSON.parse(fs.readFileSync(about, 'utf8')).dependencies ?? {}
  const missing = packages.filter(
    (one) => has[one.slice(0, one.lastIndexOf('@'))] !== one.slice(one.lastIndexOf('@') + 1),
  )
  if (missing.length > 0)
    await done(root, 'npm', ['install', ...options, '--prefer-offline', '--save-exact', ...missing])
  await done(root, 'npm', ['install', ...options, '--prefer-offline', '--no-save', ...tarballs])
  return root
}

/**
 * An environment of Python with packages of the registry, and with ours from their wheel and folders.
 * @param {string[]} tools folders in integrations/ @param {string[]} packages @returns {Promise<string>} its programs
 */
export async function pythonEnvironment(tools, packages) {
  const wheel = await once('wheel', (out) => writeWheel({ binary: cli, out, python: 'python3' }))
  // Copies: building a wheel leaves files beside the sources.
  const root = folder('python', {})
  const sources = tools.map((tool) => path.join(root, tool))
  tools.forEach((tool, at_) => fs.cpSync(at('integrations', tool), sources[at_] ?? '', { recursive: true }))
  const bin = path.join(root, 'env', 'bin')
  if (!fs.existsSync(path.join(bin, 'pip'))) await done(root, 'python3', ['-m', 'venv', 'env'])
  const pip = (/** @type {string[]} */ args) =>
    done(root, path.join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...args])
  await pip([wheel, ...packages])
  await pip(['--force-reinstall', '--no-deps', wheel, ...sources])
  return bin
}

/** A project for tools in Python, which finds the model. @param {string} name @param {Record<string, string>} contents */
export function pythonProject(name, contents) {
  const root = folder(name, contents)
  fs.cpSync(modelFolder, path.join(root, 'model'), { recursive: true })
  return root
}

/** A port that nothing listens at. @returns {Promise<number>} */
export const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })

/** Waits until a server answers: some say where before they do. @param {string} url */
async function reachable(url) {
  for (let left = 120; left > 0; left--) {
    const answers = await fetch(url, { method: 'HEAD' }).then(
      () => true,
      () => false,
    )
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/**
 * Runs a development server until it has been asked.
 * @param {string} root @param {string} program @param {string[]} args
 * @param {(url: string) => Promise<unknown>} ask
 */
export async function served(root, program, args, ask) {
  const { spawn } = await import('node:child_process')
  const env = {
    ...environment({}),
    CI: '1',
    NO_COLOR: '1',
    BROWSER: 'none',
    PYTHONUNBUFFERED: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
  }
  const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  // With all that it has started itself.
  const end = () => {
    try {
      if (child.pid) process.kill(-child.pid)
    } catch {
      // It has ended.
    }
  }
  process.on('exit', end)
  let said = ''
  try {
    const url = await new Promise((/** @type {(url: string) => void} */ resolve, reject) => {
      const listen = (/** @type {Buffer} */ chunk) => {
        said += chunk
        const found = /https?:\/\/(?:localhost|127\.0\.0\.1):\d+[^\s'"\x1b]*/.exec(said)?.[0]
        if (found) resolve(found)
      }
      child.stdout.on('data', listen)
      child.stderr.on('data', listen)
      child.on('close', () => reject(new Error(`the server ended: ${said}`)))
    })
    await reachable(url)
    return await ask(url)
  } catch (error) {
    throw new Error(`${error}\n${said}`, { cause: error })
  } finally {
    end()
  }
}

/** What a visitor of a built site has to load to search, in a line. @param {string} site */
export function bytes(site) {
  const size = (/** @type {RegExp} */ which) => {
    const names = fs.readdirSync(path.join(site, 'search'), { recursive: true, encoding: 'utf8' })
    const sizes = names
      .filter((name) => which.test(name))
      .map((name) => fs.statSync(path.join(site, 'search', name)).size)
    return (sizes.reduce((sum, more) => sum + more, 0) / 1e6).toFixed(2)
  }
  return `index ${size(/^(manifest\.json|index\/|docs\/)/)} MB, model ${size(/^model\/[^/]+$/)} MB`
}

export { command, done }
