// Browser engines behind one small interface: Chromium and Firefox through puppeteer-core, WebKitGTK by the W3C's WebDriver protocol,
// which its own driver speaks. All of them are Debian's packages.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../scripts/engines.mjs'
import { which } from '../../scripts/lib.mjs'
import { chromium as chromiumPath } from '../../scripts/setup.mjs'

/**
 * A page of an engine. Functions that are evaluated are sent as text: they know their arguments and nothing else.
 * @typedef {object} Page
 * @property {(url: string) => Promise<unknown>} goto
 * @property {<A extends unknown[], T>(work: (...args: A) => T | Promise<T>, ...args: A) => Promise<T>} evaluate
 * @property {(selector: string, text: string) => Promise<unknown>} type
 * @property {(key: 'ArrowDown' | 'Enter' | 'Escape') => Promise<unknown>} press
 * @property {(selector: string, file: string) => Promise<unknown>} upload
 * @property {string[]} errors what scripts of the page threw and nobody caught, where the engine tells
 * @property {() => Promise<unknown>} close
 */

/**
 * An engine.
 * @typedef {object} Engine
 * @property {string} title
 * @property {'as-it-is' | 'baseline'} site which of the sites it is sent to
 * @property {string[]} kernels what its encoder may run on
 * @property {string | undefined} absent why it cannot run here
 * @property {string | undefined} host a name under which pages of this machine are not secure; undefined for its address
 * @property {() => Promise<Page>} open
 * @property {(url: string, profile: string, seen: Promise<unknown>) => Promise<void>} visit opens a page with a profile that lasts, and
 * closes it when something was seen
 */

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-gpu',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.test 127.0.0.1',
]

/** @param {string} program @param {string} packages */
const unless = (program, packages) => (which(program) ? undefined : `not installed: apt-get install ${packages}`)

/** @type {Engine} */
export const chromium = {
  title: 'Chromium',
  site: 'as-it-is',
  // Which of the two depends on the processor: one without VNNI takes pairs.
  kernels: ['relaxed-simd', 'relaxed-simd-pairs'],
  absent: chromiumPath() ? undefined : 'not installed: apt-get install chromium',
  host: 'intranet.test',
  open: () => puppeteer('chrome'),
  visit: (url, profile, seen) => puppeteerVisit('chrome', url, profile, seen),
}

/** Chromium on a site whose scripts take it for a browser without relaxed SIMD. @type {Engine} */
export const baseline = { ...chromium, title: 'Chromium without relaxed SIMD', site: 'baseline', kernels: ['simd128'] }

/** @type {Engine} */
export const firefox = {
  title: 'Firefox',
  site: 'as-it-is',
  kernels: ['relaxed-simd', 'relaxed-simd-pairs', 'simd128'],
  absent: unless('firefox-esr', 'firefox-esr'),
  host: undefined,
  open: () => puppeteer('firefox'),
  visit: (url, profile, seen) => puppeteerVisit('firefox', url, profile, seen),
}

/** @type {Engine} */
export const webkit = {
  title: 'WebKitGTK',
  site: 'as-it-is',
  kernels: ['relaxed-simd', 'relaxed-simd-pairs', 'simd128'],
  absent: unless('WebKitWebDriver', 'webkit2gtk-driver') ?? unless('xvfb-run', 'xvfb xauth'),
  host: undefined,
  open: openWebkit,
  visit: visitByMiniBrowser,
}

/** @param {'chrome' | 'firefox'} browser @param {string} [profile] */
async function launch(browser, profile) {
  const { default: puppeteer } = await import('puppeteer-core')
  const executablePath = (browser === 'chrome' ? chromiumPath() : which('firefox-esr')) ?? ''
  return puppeteer.launch({
    browser,
    executablePath,
    headless: true,
    protocolTimeout: 120_000,
    args: browser === 'chrome' ? CHROMIUM_ARGS : [],
    ...(profile === undefined ? {} : { userDataDir: profile }),
  })
}

/** @param {'chrome' | 'firefox'} kind @returns {Promise<Page>} */
async function puppeteer(kind) {
  const browser = await launch(kind)
  const page = await browser.newPage()
  /** @type {string[]} */
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  return {
    goto: (url) => page.goto(url),
    evaluate: async (work, ...args) => /** @type {any} */ (await page.evaluate(called(work, args))),
    type: (selector, text) => page.type(selector, text),
    press: (key) => page.keyboard.press(key),
    upload: async (selector, file) => {
      const input = /** @type {import('puppeteer-core').ElementHandle<HTMLInputElement> | null} */ (
        await page.$(selector)
      )
      await input?.uploadFile(file)
    },
    errors,
    close: () => browser.close(),
  }
}

/** @param {'chrome' | 'firefox'} kind @param {string} url @param {string} profile @param {Promise<unknown>} seen */
async function puppeteerVisit(kind, url, profile, seen) {
  const browser = await launch(kind, profile)
  try {
    await (await browser.newPage()).goto(url)
    await seen
  } finally {
    await browser.close()
  }
}

/** The text of a call: functions that are sent know their arguments and nothing else. @param {Function} work @param {unknown[]} args */
export const called = (work, args) => `(${work})(${args.map((arg) => JSON.stringify(arg)).join(', ')})`

/** The browser that WebKitGTK comes with. */
function miniBrowser() {
  const installed = ['/usr/lib', ...fs.readdirSync('/usr/lib').map((name) => path.join('/usr/lib', name))]
  const candidates = installed.flatMap((folder) =>
    ['4.1', '4.0', '6.0'].map((version) => path.join(folder, `webkit2gtk-${version}`, 'MiniBrowser')),
  )
  const found = candidates.find((file) => fs.existsSync(file))
  if (!found) throw new Error(`MiniBrowser is not where webkit2gtk-driver puts it: ${candidates[0]} and the like`)
  return found
}

/**
 * Starts a program on a screen of its own that nobody sees; the function ends it with all that it has started.
 * @param {string[]} command @param {Record<string, string>} [env]
 */
function onScreen(command, env = {}) {
  // In a container there is neither a sandbox to be had nor a GPU.
  const own = { WEBKIT_DISABLE_COMPOSITING_MODE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', ...env }
  const child = spawn('xvfb-run', ['-a', ...command], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, ...own },
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
  }
  // Also when the runner of the tests gives up on this process.
  process.once('exit', stop)
  process.once('SIGTERM', () => process.exit(1))
  return async () => {
    process.off('exit', stop)
    stop()
    await ended
  }
}

/** The codes that WebDriver has for keys. */
const KEYS = { ArrowDown: '\uE015', Enter: '\uE007', Escape: '\uE00C' }

/** @returns {Promise<Page>} */
async function openWebkit() {
  const port = await freePort()
  const end = onScreen(['WebKitWebDriver', `--port=${port}`])
  /** @param {string} method @param {string} where @param {object} [body] */
  const call = async (method, where, body) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`http://127.0.0.1:${port}${where}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const { value } = /** @type {{ value: any }} */ (await response.json())
    if (value?.error) throw new Error(`${value.error}: ${value.message}`)
    return value
  }
  for (let tries = 0; !(await call('GET', '/status').catch(() => false)); tries++) {
    if (tries === 100) throw new Error('WebKitWebDriver does not answer')
    await sleep(100)
  }
  const options = { binary: miniBrowser(), args: ['--automation'] }
  const { sessionId } = await call('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  })
  const session = `/session/${sessionId}`
  await call('POST', `${session}/timeouts`, { script: 120_000, pageLoad: 120_000 })
  /** @param {string} selector @param {string} text */
  const send = async (selector, text) => {
    const element = await call('POST', `${session}/element`, { using: 'css selector', value: selector })
    return call('POST', `${session}/element/${Object.values(element)[0]}/value`, { text })
  }
  return {
    goto: (url) => call('POST', `${session}/url`, { url }),
    evaluate: async (work, ...args) => {
      const script = `const done = arguments[0]; (async () => ${called(work, args)})().then((value) => done({ value }), (error) => done({ error: String(error) }))`
      const { value, error } = await call('POST', `${session}/execute/async`, { script, args: [] })
      if (error !== undefined) throw new Error(error)
      return value
    },
    type: send,
    press: (key) => send(':focus', KEYS[key]),
    upload: send,
    errors: [],
    close: async () => {
      await call('DELETE', session).catch(() => {})
      await end()
    },
  }
}

/** Automation is a private window, so this is the browser itself. @param {string} url @param {string} profile @param {Promise<unknown>} seen */
async function visitByMiniBrowser(url, profile, seen) {
  const folders = {
    HOME: profile,
    XDG_DATA_HOME: `${profile}/data`,
    XDG_CACHE_HOME: `${profile}/cache`,
    XDG_CONFIG_HOME: `${profile}/config`,
  }
  const end = onScreen([miniBrowser(), url], folders)
  try {
    await seen
  } finally {
    await end()
  }
}
