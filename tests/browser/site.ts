/** The demo, served afresh to each test on a port of its own, with a log of what was asked of it. */
import fs from 'node:fs'
import { type BrowserContext, expect, type Page, test as base } from '@playwright/test'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'

/** The running server of one test. */
export interface Site {
  url: string
  /** The paths asked for so far, in order. */
  requests: string[]
  /** Changes a file's bytes on their way out. */
  alter: (path: string, body: Buffer) => Buffer
  stop: () => Promise<void>
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
    const site: Site = { url: '', requests, alter: (_path, body) => body, stop: async () => {} }
    const server = await serve(siteFolder, {
      onRequest: (path) => requests.push(path),
      alter: (path, body) => site.alter(path, body),
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
      expect(complaints.filter((text) => !complaintsAllowed?.test(text)), 'errors in the console').toEqual([])
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
    this.cards = page.locator('#results > li')
    this.status = page.locator('#status')
    this.failure = page.getByRole('alert')
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
    await expect(this.status.filter({ hasText: 'Ready' }).or(this.failure)).toBeVisible()
    expect(await this.failure.allInnerTexts()).toEqual([])
  }

  /** Types a question as a person does, waits for its answer, and returns the ids of the sessions shown. */
  async ask(text: string): Promise<string[]> {
    await this.query.fill('')
    await this.query.pressSequentially(text, { delay: 5 })
    return this.answerTo(text)
  }

  /** Waits for the answer to exactly this question and returns the ids of the sessions shown. */
  async answerTo(text: string): Promise<string[]> {
    const answered = this.page.locator(`#results[data-question=${JSON.stringify(text)}]`)
    await expect(answered.or(this.failure)).toBeVisible()
    expect(await this.failure.allInnerTexts()).toEqual([])
    await expect(this.cards).toHaveCount(3)
    return this.ids()
  }

  ids(): Promise<string[]> {
    return this.cards.evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.id ?? ''))
  }
}

/** A query of the demo's ground truth: the sessions that answer it, graded 1 to 3. */
export interface GradedQuery {
  id: string
  query: string
  relevant: Record<string, number>
}

/** The graded query of an id. */
export function gradedQuery(id: string): GradedQuery {
  const file = new URL('../../www/demo/corpus/queries.json', import.meta.url)
  const all = JSON.parse(fs.readFileSync(file, 'utf8')) as GradedQuery[]
  const found = all.find((query) => query.id === id)
  if (!found) throw new Error(`queries.json has no query ${id}`)
  return found
}

export { expect }
