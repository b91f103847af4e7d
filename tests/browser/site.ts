/** The demo, served afresh to each test on a port of its own, with a log of what was asked of it. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import type http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type * as Inkling from 'inkling-search'
import type * as Encoding from 'inkling-search/encoder'
import { POLICY, serve } from '../../scripts/serve.mjs'
import { cli, modelFolder, siteFolder } from '../../scripts/site.mjs'
import { TINY } from './tiny.js'

/** The running server of one test. */
export interface Site {
  url: string
  /** The paths asked for so far, in order. */
  requests: string[]
  /** Changes a file's bytes on their way out. */
  alter: (path: string, body: Buffer) => Buffer
  /** What answers at a path in place of a file. */
  routes: Record<string, (response: http.ServerResponse) => void>
  stop: () => Promise<void>
}

/** The package as a page loads it, inside `page.evaluate`. */
export type Package = typeof Inkling

/** The same of what encodes without an index. */
export type EncoderPackage = typeof Encoding

/** Opens a page of the site without the demo's own script, so that the only worker is the test's. */
export async function openBlank(page: Page, site: { url: string }): Promise<void> {
  const body = '<!doctype html><html lang="en"><link rel="icon" href="favicon.svg"><title>blank</title>'
  const headers = { 'content-security-policy': POLICY }
  await page.route('**/blank', (route) => route.fulfill({ body, headers, contentType: 'text/html' }))
  await page.goto(`${site.url}/blank`)
}

/** Holds the model's weights back until the returned function is called. */
export async function holdWeights(page: Page): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/weights.safetensors', async (route) => {
    await released
    // A page that was closed meanwhile wants no weights.
    await route.continue().catch(() => {})
  })
  return release
}

/** Waits until the browser has kept the weights: nobody else waits for that. */
export async function keptWeights(page: Page): Promise<void> {
  const kept = () =>
    page.evaluate(async () => {
      const keys = await (await caches.open('inkling-1')).keys()
      return keys.some(({ url }) => url.includes('weights.safetensors'))
    })
  await expect.poll(kept).toBe(true)
}

/** Waits until all word embeddings are kept: after the first answer by meaning they come by themselves. */
export async function keptRows(page: Page): Promise<void> {
  const missing = () =>
    page.evaluate(async () => {
      const cache = await caches.open('inkling-1')
      const keys = (await cache.keys()).map(({ url }) => url)
      const config = keys.find((url) => url.includes('/search/model/config.json'))
      const { rows }: { rows: unknown[] } = await (await cache.match(config!))!.json()
      return rows.length - keys.filter((url) => url.includes('/model/rows/')).length
    })
  await expect.poll(missing).toBe(0)
}

/** Everything that a browser context asked of any network. */
export function watchRequests(context: BrowserContext): string[] {
  const urls: string[] = []
  context.on('request', (request) => urls.push(request.url()))
  return urls
}

export const test = base.extend<{ site: Site; complaints: void; complaintsAllowed: RegExp | undefined }>({
  // Console errors that a test expects.
  complaintsAllowed: [undefined, { option: true }],

  site: async ({}, use) => {
    const requests: string[] = []
    const site: Site = { url: '', requests, alter: (_path, body) => body, routes: {}, stop: async () => {} }
    const server = await serve(siteFolder, {
      onRequest: (path) => requests.push(path),
      alter: (path, body) => site.alter(path, body),
      routes: site.routes,
    })
    let running = true
    site.url = server.url
    site.stop = async () => {
      if (running) await server.close()
      running = false
    }
    await use(site)
    await site.stop()
  },

  // Every test fails on what the console would show a developer: errors, and violations of the content security policy.
  complaints: [
    async ({ context, complaintsAllowed }, use) => {
      const complaints: string[] = []
      context.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      context.on('weberror', (error) => complaints.push(String(error.error())))
      await use()
      expect(
        complaints.filter((text) => !complaintsAllowed?.test(text)),
        'errors in the console',
      ).toEqual([])
    },
    { auto: true },
  ],
})

/** The demo page as a visitor uses it. */
export class Demo {
  readonly query
  readonly cards
  readonly status
  readonly failure

  constructor(readonly page: Page) {
    this.query = page.getByRole('searchbox', { name: 'Search the programme' })
    this.cards = page.locator('#results .inkling-item')
    this.status = page.locator('#results .inkling-said')
    this.failure = page
      .locator('#results :is(.inkling-message, .inkling-note)')
      .filter({ hasText: 'could not be loaded' })
  }

  /** Opens the page and waits until the model is ready. */
  static async ready(page: Page, url: string): Promise<Demo> {
    const demo = new Demo(page)
    await page.goto(url)
    await demo.waitUntilReady()
    return demo
  }

  /** Waits until the model is ready; a load that failed is said at once and in its own words. */
  async waitUntilReady(): Promise<void> {
    await expect(this.page.locator('body[data-meaning=ready]').or(this.failure).first()).toBeVisible()
    expect(await this.failure.allInnerTexts()).toEqual([])
  }

  /** Types a question as a person does, waits for its answer, and returns the ids of its three best sessions. */
  async ask(text: string, mode: Inkling.Mode = 'hybrid'): Promise<string[]> {
    await this.query.fill('')
    await this.query.pressSequentially(text, { delay: 5 })
    return this.answerTo(text, mode)
  }

  /** Waits for the answer to exactly this question, ranked so, and returns the ids of its best sessions. */
  async answerTo(text: string, mode: Inkling.Mode = 'hybrid', hits = 3): Promise<string[]> {
    const answered = this.page.locator(`#results[data-question=${JSON.stringify(text)}][data-mode=${mode}]`)
    if (mode === 'lexical') await expect(answered).toBeVisible()
    else {
      // An answer by words that has been read for a while stays until the visitor wants the better one.
      const better = this.page.getByRole('button', { name: 'Better answers are ready' })
      await expect(answered.or(this.failure).or(better).first()).toBeVisible()
      if (await better.isVisible()) await better.click()
      await expect(answered.or(this.failure)).toBeVisible()
    }
    if (mode !== 'lexical') expect(await this.failure.allInnerTexts()).toEqual([])
    await expect.poll(() => this.cards.count()).toBeGreaterThanOrEqual(hits)
    return (await this.ids()).slice(0, hits)
  }

  ids(): Promise<string[]> {
    const options = this.cards.locator('.inkling-option')
    return options.evaluateAll((options) => options.map((option) => (option as HTMLElement).dataset.id ?? ''))
  }
}

/** A query of the demo's ground truth: the sessions that answer it, graded 1 to 3. */
export interface GradedQuery {
  id: string
  query: string
  kind: string
  relevant: Record<string, number>
}

const corpus = <T>(name: string) =>
  JSON.parse(fs.readFileSync(new URL(`../../www/demo/corpus/${name}`, import.meta.url), 'utf8')) as T

/** Every graded query of the demo. */
export const gradedQueries = corpus<GradedQuery[]>('queries.json')

/** A session as the demo's corpus has it. */
export interface Session {
  id: string
  title: string
  abstract: string
  speakers: string[]
  track: string
  day: string
  level: string
  start: string
}

/** Every session of the demo. */
export const sessions = corpus<Session[]>('sessions.json')

/** The graded query of an id. */
export function gradedQuery(id: string): GradedQuery {
  const found = gradedQueries.find((query) => query.id === id)
  if (!found) throw new Error(`queries.json has no query ${id}`)
  return found
}

/**
 * What encodes a large index: the tiny model, in no time, where words are all that is asked for; the real one, which knows the language,
 * the beginnings of the texts, which are whole in a field.
 */
type EncodedBy = 'tiny' | 'real'

/** The package beside an index of the demo's sessions three times over: too many documents to be loaded with it. */
export function largeSite(encodedBy: EncodedBy): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-large-'))
  fs.cpSync(path.join(siteFolder, 'inkling'), path.join(folder, 'inkling'), { recursive: true })
  fs.copyFileSync(path.join(siteFolder, 'favicon.svg'), path.join(folder, 'favicon.svg'))
  largeIndex(path.join(folder, 'search'), encodedBy)
  return folder
}

/** Writes such an index into a folder, of another version with something else behind each title. */
export function largeIndex(folder: string, encodedBy: EncodedBy, version = ''): void {
  const three = ['', ' again', ' once more'].flatMap((more) =>
    sessions.map((session) => ({
      ...session,
      id: session.id + more.replaceAll(' ', '-'),
      title: session.title + more + version,
      ...(encodedBy === 'real' && { abstract: session.abstract.slice(0, 100), remarks: session.abstract }),
    })),
  )
  fs.writeFileSync(`${folder}.json`, JSON.stringify(three))
  const model = encodedBy === 'real' ? ['--model', modelFolder] : TINY
  execFileSync(cli, ['index', `${folder}.json`, ...model, '--out', folder])
}

export { expect }
