// The system's Chromium without a window, as the tests start it.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { chromium as playwright } from '@playwright/test'
import { Stop } from '../../scripts/lib.mjs'
import { chromium } from '../../scripts/setup.mjs'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser that is to use its GPU must not be told to do without. @param {string[]} flags */
const baseFlags = (flags) =>
  flags.includes('--enable-unsafe-webgpu') ? FLAGS.filter((flag) => flag !== '--disable-gpu') : FLAGS

/** A call in the page may take this long, in milliseconds. */
const PATIENCE = 600_000

/**
 * Starts a browser with an empty profile of its own, does something with it, and takes both away again.
 * @template T
 * @param {string[]} flags
 * @param {(context: import('@playwright/test').BrowserContext) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBrowser(flags, work) {
  const executablePath = process.env.CHROMIUM || chromium()
  if (!executablePath) throw new Stop('missing: Chromium: apt-get install chromium, or name it in CHROMIUM')
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-bench-'))
  const context = await playwright.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [...baseFlags(flags), ...flags],
  })
  context.setDefaultTimeout(PATIENCE)
  try {
    return await work(context)
  } finally {
    await context.close()
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

/**
 * Opens a page and passes on what goes wrong in it.
 * @param {import('@playwright/test').BrowserContext} context
 * @param {string} url
 */
export async function open(context, url) {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`  the page failed: ${error.message}`))
  page.on('console', (message) => message.type() === 'error' && console.error(`  the page says: ${message.text()}`))
  await page.goto(url)
  return page
}
