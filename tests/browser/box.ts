/** A small site that uses the element, served with a policy that allows nothing but what the documentation names. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { test as base, expect, type Locator, type Page } from '@playwright/test'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import type {} from '../../www/src/element/define.js'
import { violations } from './axe.js'

export { expect }

/** What docs/element.md promises to run under. */
export const STRICT_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'; trusted-types inkling"

/** A title and an address that a hostile corpus might have. */
export const HOSTILE = { title: '<img src=x onerror="window.broken=1">Hostile & co', url: 'javascript:window.broken=2' }

/** The document that is hostile. */
export const HOSTILE_ID = 'gdpr-erase'

/** A document that has no address, and a text of several passages. */
export const UNADDRESSED_ID = 'failed-transformation'

/** The document that has headings, as `inkling site` finds them on pages, and what is asked of the part below the last. */
export const SECTIONED = { id: 'drift-keynote', question: 'a transcript available at the door' }

/** Its headings: parts of its text, with their depth and the id that an address names them by. */
const HEADINGS = [
  { text: 'A model is a photograph of a river.', level: 2, id: 'river' },
  { text: 'There will be no', level: 3, id: 'slides' },
]

const fixture = (name: string) => fs.readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

interface Stored {
  id: string
  title: string
  text: string
  url?: string
}

/** The places of the headings, in bytes. */
function headingsOf({ text }: Stored): object[] {
  return HEADINGS.map(({ text: heading, level, id }) => {
    const start = Buffer.byteLength(text.slice(0, text.indexOf(heading)))
    return { start, end: start + Buffer.byteLength(heading), level, id }
  })
}

interface Entry {
  path: string
  bytes: number
  sha256: string
}

/** The index of the demo with an address for each session, which the demo itself does without. */
function buildFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.cpSync(at('dist'), path.join(folder, 'inkling'), { recursive: true })
  fs.cpSync(path.join(siteFolder, 'search'), path.join(folder, 'search'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'page.css'), fixture('page.css'))
  fs.copyFileSync(path.join(siteFolder, 'favicon.svg'), path.join(folder, 'favicon.svg'))
  fs.writeFileSync(
    path.join(folder, 'sessions.html'),
    '<!doctype html><html lang="en"><link rel="icon" href="favicon.svg"><title>Sessions</title><h1>Sessions</h1>',
  )
  const manifestFile = path.join(folder, 'search', 'manifest.json')
  const manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8')) as { files: Entry[] }
  for (const entry of manifest.files.filter(({ path }) => path.startsWith('docs/'))) {
    const file = path.join(folder, 'search', entry.path)
    const documents = JSON.parse(fs.readFileSync(file, 'utf8')) as Stored[]
    for (const document of documents) {
      if (document.id !== UNADDRESSED_ID)
        Object.assign(document, document.id === HOSTILE_ID ? HOSTILE : { url: `sessions.html#${document.id}` })
      if (document.id === SECTIONED.id)
        Object.assign(document, { url: 'sessions.html', headings: headingsOf(document) })
    }
    const bytes = Buffer.from(JSON.stringify(documents))
    fs.writeFileSync(file, bytes)
    Object.assign(entry, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  }
  fs.writeFileSync(manifestFile, JSON.stringify(manifest))
}

/** How the page of a test is written. */
export interface PageSettings {
  attributes?: string
  lang?: string
  dir?: string
  /** What stands inside the element; by default a form of the site. */
  form?: string
}

/** The element as a visitor uses it. */
export class SearchBox {
  readonly input: Locator
  /** The hits, or earlier searches: without the row that leads to all results. */
  readonly options: Locator
  readonly panel: Locator
  readonly status: Locator
  readonly requests: string[] = []
  /** Changes a file's bytes on their way out. */
  alter: (path: string, body: Buffer) => Buffer = (_path, body) => body
  url = ''

  constructor(
    readonly page: Page,
    readonly folder: string,
  ) {
    this.input = page.getByRole('combobox', { name: /^Search( sessions)?$/ })
    this.options = page.locator('.inkling-option:not(.inkling-all-row)')
    this.panel = page.locator('.inkling-panel')
    this.status = page.getByRole('status')
  }

  async open({
    attributes = '',
    lang = 'en',
    dir = 'ltr',
    form = fixture('form.html'),
  }: PageSettings = {}): Promise<void> {
    const parts: Record<string, string> = { attributes, lang, dir, form }
    const body = fixture('page.html').replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '')
    fs.writeFileSync(path.join(this.folder, 'page.html'), body)
    await this.page.goto(`${this.url}/page.html`)
    await expect(this.page.locator('inkling-search:defined').first()).toBeVisible()
  }

  /**
   * Types a question and waits for the answer that is ranked so. Once the model is there: an answer by words that is being read would
   * stay.
   */
  async ask(text: string, mode: 'hybrid' | 'lexical' = 'hybrid'): Promise<void> {
    const answered = this.page.evaluate(
      ({ text, mode }) =>
        new Promise<void>((resolve) => {
          document.addEventListener('inkling-results', function listen({ detail }) {
            if (detail.query !== text || detail.mode !== mode) return
            document.removeEventListener('inkling-results', listen)
            resolve()
          })
        }),
      { text, mode },
    )
    if (mode === 'hybrid') {
      await this.input.focus()
      await this.modelReady()
    }
    await this.input.fill(text)
    await answered
  }

  /** Waits until answers are by meaning, too. */
  async modelReady(): Promise<void> {
    await this.page.evaluate(async () => {
      const element = document.querySelector('inkling-search')!
      while (!element.search) await new Promise((resolve) => setTimeout(resolve, 20))
      await element.search.modelReady
    })
  }

  /** What axe has to say of the page, in a line each. */
  violations = () => violations(this.page)
}

/** Holds back a file until the returned function is called. */
export async function hold(page: Page, pattern: string): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route(pattern, async (route) => {
    await released
    await route.continue().catch(() => {})
  })
  return release
}

export const test = base.extend<
  { box: SearchBox; policy: string; complaints: void; complaintsAllowed: RegExp | undefined },
  { folder: string }
>({
  complaintsAllowed: [undefined, { option: true }],

  policy: [STRICT_POLICY, { option: true }],

  folder: [
    async ({}, use, { workerIndex }) => {
      const folder = at('build', 'element', String(workerIndex))
      buildFolder(folder)
      await use(folder)
      fs.rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],

  box: async ({ page, folder, policy }, use) => {
    const box = new SearchBox(page, folder)
    const server = await serve(folder, {
      policy,
      onRequest: (path) => box.requests.push(path),
      alter: (path, body) => box.alter(path, body),
    })
    box.url = server.url
    await use(box)
    await server.close()
  },

  // Every test fails on errors in the console, violations of the policy among them.
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
