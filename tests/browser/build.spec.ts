import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { serve } from '../../scripts/serve.mjs'
import { modelFolder, queryModelFolder } from '../../scripts/site.mjs'
import { calendar } from '../../www/demo/ics.js'
import type { Session as WholeSession } from '../../www/demo/programme.js'
import { done } from '../package/project.mjs'
import { Asked } from './asked.js'
import { violationsInAllLooks } from './axe.js'
import { expect, openBlank, sessions, test } from './site.js'

/** The page, as a visitor with a programme of their own uses it. */
class Build {
  readonly query
  readonly hits
  readonly stage
  readonly failure

  constructor(readonly page: Page) {
    this.query = page.getByRole('searchbox', { name: 'Search your programme' })
    this.hits = page.locator('.inkling-item')
    this.stage = page.locator('#stage')
    this.failure = page.getByRole('alert')
  }

  static async open(page: Page, url: string): Promise<Build> {
    await page.goto(`${url}/build.html`)
    return new Build(page)
  }

  choose(name: string, text: string): Promise<void> {
    return this.page.locator('#file').setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) })
  }

  async ask(question: string): Promise<string[]> {
    await this.query.fill(question)
    const answered = this.page.locator(`inkling-search[data-question=${JSON.stringify(question)}][data-mode=hybrid]`)
    await expect(answered).toBeVisible()
    await expect(this.hits.first()).toBeVisible()
    return this.hits.locator('.inkling-title').allInnerTexts()
  }
}

const schedule = fs.readFileSync(new URL('../data/schedule.xml', import.meta.url), 'utf8')
const csv =
  'title,abstract,track\nNurses who leave,"Who will resign by spring, and what would make them stay",People\nMaps,Counting fevers,Health\n'
/** A calendar as the demo's own agenda saves it, with folded lines and escaped texts. */
const ics = calendar(
  sessions.slice(0, 12) as WholeSession[],
  new Date(0),
  (id) => `https://example.org/${id}`,
  'Europe/Oslo',
)
const jsonLines =
  '{"title": "Bread", "abstract": "How a bakery throws away less"}\n{"title": "Sea", "abstract": "Waves and harbours"}\n'

for (const [name, text, documents, question, expected] of [
  ['schedule.xml', schedule, 4, 'keeping good staff', 'Keeping the best people of a garden team'],
  ['programme.csv', csv, 2, 'staff turnover', 'Nurses who leave'],
  ['lines.jsonl', jsonLines, 2, 'food waste', 'Bread'],
  ['agenda.ics', ics, 12, sessions[3]!.title, sessions[3]!.title],
] as const) {
  const device = name === 'schedule.xml' ? ' on a phone' : ''
  test(`a file called ${name} is read, indexed and asked by meaning${device}`, async ({ page, site }) => {
    if (device) await page.setViewportSize({ width: 390, height: 844 })
    const build = await Build.open(page, site.url)
    await build.choose(name, text)
    await expect(page.getByText(`${name} is indexed: ${documents} sessions`)).toBeVisible()
    expect((await build.ask(question))[0]).toBe(expected)
  })
}

test('a file can be dropped anywhere on the page', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  const transfer = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([text], 'dropped.csv'))
    return transfer
  }, csv)
  await page.locator('footer').dispatchEvent('drop', { dataTransfer: transfer })
  await expect(page.getByText('dropped.csv is indexed: 2 sessions')).toBeVisible()
  await expect(build.query).toBeFocused()
})

test('what cannot be indexed is said in words, and what was ready before stays', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  await build.choose('broken.json', '[{')
  await expect(build.failure).toContainText('broken.json could not be indexed')
  await expect(build.failure).toContainText('not valid JSON')
  await build.choose('untitled.csv', 'id,text\n1,x\n')
  await expect(page.getByText('No column of untitled.csv has a usual name for a title.')).toBeVisible()
  await expect(build.failure).toBeHidden()
  await build.choose('notes.txt', 'hello')
  await expect(build.failure).toContainText('.json, .jsonl, .csv, .xml or .ics')
  await page.getByRole('button', { name: 'Try a sample' }).click()
  await expect(build.query).toBeVisible()
  await expect(build.failure).toBeHidden()
  await build.choose('empty.json', '[]')
  await expect(build.failure).toContainText('no documents')
  expect((await build.ask('volunteers who give up'))[0]).toBe('Forty volunteers and one shed')
})

test('a file without a usual title has its columns chosen, and is read as they are', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  await build.choose(
    'talks.csv',
    'Was;Worum "es" geht;Wer\nRosen;Jemand zählt Blüten vor dem Frost;Ada Lind\nBrot;Was abends übrig bleibt;Bo Ek\n',
  )
  await expect(page.getByRole('status').first()).toHaveText('No column of talks.csv has a usual name for a title.')
  const title = page.getByRole('combobox', { name: 'Title' })
  await expect(title.getByRole('option')).toHaveText(['Was', 'Worum "es" geht', 'Wer'])
  expect(await violationsInAllLooks(page)).toEqual([])
  await title.selectOption('Was')
  await page.getByRole('combobox', { name: 'Text' }).selectOption('Worum "es" geht')
  await page.getByRole('combobox', { name: 'Speakers' }).selectOption('Wer')
  await page.getByRole('button', { name: 'Read the file' }).click()
  await expect(page.getByText('talks.csv is indexed: 2 sessions')).toBeVisible()
  await expect(build.failure).toBeHidden()
  await expect(title).toBeHidden()
  expect(await build.ask('Bo Ek')).toEqual(['Brot'])
  await expect(page.locator('.inkling-facts')).toHaveText('Bo Ek')
})

test('what was indexed outlives a reload, can be saved then, and is removed at a press', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  await build.choose('programme.csv', csv)
  await expect(page.getByText('It is kept on this device')).toBeVisible()
  await page.reload()
  await expect(page.getByText('programme.csv is here from your last visit: 2 sessions')).toBeVisible()
  expect((await build.ask('staff turnover'))[0]).toBe('Nurses who leave')
  expect(await violationsInAllLooks(page)).toEqual([])
  const folder = await save(page)
  try {
    const { files } = JSON.parse(fs.readFileSync(path.join(folder, 'site/search/manifest.json'), 'utf8')) as {
      files: { path: string; bytes: number }[]
    }
    for (const file of files) expect(fs.statSync(path.join(folder, 'site/search', file.path)).size).toBe(file.bytes)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  // Another programme takes its place.
  await build.choose('lines.jsonl', jsonLines)
  await expect(page.getByText('lines.jsonl is indexed')).toBeVisible()
  await expect(page.getByText('It is kept on this device')).toBeVisible()
  await page.reload()
  await expect(page.getByText('lines.jsonl is here from your last visit')).toBeVisible()
  await page.getByRole('button', { name: 'Remove it' }).click()
  await expect(page.getByText('It is removed from this device')).toBeVisible()
  expect(await page.evaluate(() => caches.has('inkling-programme'))).toBe(false)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Try a sample' })).toBeVisible()
  await expect(build.query).toHaveCount(0)
})

test('a programme that cannot be kept leaves the one before', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  await build.choose('programme.csv', csv)
  await expect(page.getByText('It is kept on this device')).toBeVisible()
  await page.evaluate(() => {
    const { put } = Cache.prototype
    Cache.prototype.put = async function (request, response) {
      if (!String(request).endsWith('about.json')) return put.call(this, request, response)
      Object.assign(globalThis, { isFull: true })
      throw new DOMException('full', 'QuotaExceededError')
    }
  })
  await build.choose('lines.jsonl', jsonLines)
  await expect(page.getByText('lines.jsonl is indexed')).toBeVisible()
  await page.waitForFunction(() => 'isFull' in globalThis)
  await expect(page.getByText('It is kept on this device')).toBeHidden()
  await page.reload()
  await expect(page.getByText('programme.csv is here from your last visit: 2 sessions')).toBeVisible()
  await expect(page.getByText('It is kept on this device')).toBeVisible()
})

test('a programme that another version of the page has kept is dropped without a word', async ({ page, site }) => {
  await Build.open(page, site.url)
  await page.evaluate(async () => {
    const cache = await caches.open('inkling-programme')
    await cache.put('kept/manifest.json', new Response('{"format":0}'))
    const index = { documents: 1, passages: 1, notes: [], fields: [], computed: {} }
    await cache.put(
      'kept/about.json',
      Response.json({ name: 'old.csv', shared: [], folder: '', paths: ['manifest.json'], index }),
    )
  })
  await page.reload()
  await expect.poll(() => page.evaluate(() => caches.has('inkling-programme'))).toBe(false)
  await expect(page.locator('#ready')).toBeHidden()
  await expect(page.getByRole('alert')).toBeHidden()
})

test('what a file loses is said beside its index', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  await build.choose('talks.csv', 'Session Title;Email;Status\nRoses;a@example.org;accepted\n;;\nThorns;;rejected\n')
  await expect(page.getByText('talks.csv is indexed: 1 session,')).toBeVisible()
  const notes = page.getByRole('list', { name: 'What was noticed in the file' })
  await expect(notes).toContainText('separated by semicolons')
  await expect(notes).toContainText('1 value of "Email" was left out')
  await expect(notes).toContainText('left out because of Status: rejected: line 4.')
})

test('indexing shows how far it is and can be cancelled', async ({ page, site }) => {
  const build = await Build.open(page, site.url)
  const many = Array.from({ length: 3000 }, (_, at) => ({
    title: `Session ${at}`,
    abstract: 'How patients and doctors use data. '.repeat(20),
  }))
  await build.choose('many.json', JSON.stringify(many))
  await expect(build.stage).toContainText(/Encoding: \d+ of \d+ passages, about \d+ (s|min) left/)
  const value = () => page.getByRole('progressbar').evaluate((bar) => (bar as HTMLProgressElement).value)
  const before = await value()
  await expect.poll(value).toBeGreaterThan(before)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('Cancelled.')).toBeVisible()
  await expect(build.stage).toBeHidden()
  await expect.poll(() => page.workers().length).toBe(0)
  await build.choose('programme.csv', csv)
  await expect(page.getByText('programme.csv is indexed')).toBeVisible()
})

/** Has the page save its folder, and unpacks that: `site` is in the folder given. */
async function save(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as a ZIP file' }).click(),
  ])
  await expect(page.getByText('search-site.zip: ')).toBeVisible()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-saved-'))
  await done(folder, 'python3', ['-m', 'zipfile', '-e', await download.path(), 'site'])
  return folder
}

test('the saved folder is a site that answers, and its index is the one that the command line builds', async ({
  page,
  site,
  context,
}) => {
  const question = sessions[5]!.title
  const build = await Build.open(page, site.url)
  await build.choose('agenda.ics', ics)
  await expect(build.query).toBeVisible()
  const folder = await save(page)
  try {
    fs.writeFileSync(path.join(folder, 'agenda.ics'), ics)
    await done(folder, path.resolve('target/release/inkling'), [
      'index',
      'agenda.ics',
      '--model',
      modelFolder,
      '--query-model',
      queryModelFolder,
      '--out',
      'native',
    ])
    const hashes = (root: string) => {
      const names = fs
        .readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => fs.statSync(path.join(root, name)).isFile())
      return names.sort().map((name) => [
        name,
        createHash('sha256')
          .update(fs.readFileSync(path.join(root, name)))
          .digest('hex'),
      ])
    }
    expect(hashes(path.join(folder, 'site', 'search'))).toEqual(hashes(path.join(folder, 'native')))

    fs.writeFileSync(
      path.join(folder, 'site', 'plain.html'),
      '<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="icon.svg">',
    )
    fs.writeFileSync(path.join(folder, 'site', 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const server = await serve(path.join(folder, 'site'))
    const deployed = await context.newPage()
    await deployed.goto(`${server.url}/plain.html`)
    const title = await deployed.evaluate(async (question) => {
      const { createSearch } = (await import(
        new URL('inkling/index.js', document.baseURI).href
      )) as typeof import('inkling-search')
      const search = await createSearch({ url: 'search/' })
      await search.modelReady
      return (await search.query(question)).hits[0]?.title
    }, question)
    expect(title).toBe(question)
    // The search box is built by another part of the package: where that is not built, its page has nothing to show.
    if (fs.existsSync('dist/element-define.js')) {
      await deployed.goto(server.url)
      await expect(deployed).toHaveTitle('agenda')
      await deployed.getByRole('searchbox').fill(question)
      await expect(deployed.locator('.inkling-item').first()).toContainText(question)
    }
    await server.close()
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})

for (const [device, viewport] of Object.entries({
  desktop: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
})) {
  test(`on a ${device} the saved page is the demo with the programme's name: filters, an agenda and its calendar, pages of sessions, a map`, async ({
    page,
    site,
    context,
  }) => {
    await page.setViewportSize(viewport)
    const programme = sessions.slice(0, 12).map(({ id, title, abstract, track, start }) => ({
      id,
      title,
      abstract,
      track,
      start,
      Catering: 'Soup & bread',
    }))
    const build = await Build.open(page, site.url)
    await build.choose('Spring meeting.json', JSON.stringify(programme))
    await expect(build.query).toBeVisible()
    const folder = await save(page)
    const server = await serve(path.join(folder, 'site'))
    try {
      const own = await context.newPage()
      const complaints: string[] = []
      own.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      await own.setViewportSize(viewport)
      await own.goto(server.url)
      await expect(own).toHaveTitle('Spring meeting')
      await expect(own.locator('.masthead')).toContainText('Spring meeting')
      await expect(own.locator('.inkling-item')).toHaveCount(10)
      expect(await own.locator('header, .ask, footer').allInnerTexts()).not.toContainEqual(
        expect.stringMatching(/Northlight|invented|Try your own file/),
      )
      await own.getByRole('button', { name: new RegExp(`^${programme[0]!.track}`) }).click()
      await expect(own).toHaveURL(/\?track=/)
      await own.goBack()

      const { title, start, abstract } = programme[7]!
      await own.getByRole('searchbox').fill(title)
      await own.getByRole('link', { name: title }).first().click()
      await expect(own.getByRole('heading', { level: 1, name: title })).toBeFocused()
      await expect(own.locator('.abstract')).toHaveText(abstract)
      await expect(own.locator('.session .facts')).toHaveText(/^Catering\s*Soup & bread$/)
      await expect(own.locator('.similar-list .row')).toHaveCount(4)
      await own.getByRole('button', { name: 'My agenda: ' }).click()
      await own.getByRole('link', { name: 'My agenda (1)' }).click()
      await expect(own.locator('.row')).toContainText(title)
      const [calendar] = await Promise.all([
        own.waitForEvent('download'),
        own.getByRole('button', { name: 'Save for my calendar' }).click(),
      ])
      expect(calendar.suggestedFilename()).toBe('spring-meeting.ics')
      const text = fs.readFileSync(await calendar.path(), 'utf8')
      expect(text).toContain(`DTSTART:${start.replace(/[-:]/g, '')}00\r\n`)

      await own.getByRole('link', { name: 'Map' }).click()
      await expect(own.locator('.point')).toHaveCount(12)
      await own.goBack()
      await expect(own.getByRole('heading', { level: 1, name: 'My agenda' })).toBeVisible()
      expect(complaints).toEqual([])
      if (process.env.SHOTS) await own.screenshot({ path: `${process.env.SHOTS}/saved-${device}.png`, fullPage: true })
    } finally {
      await server.close()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
}

test.describe('with service workers', () => {
  test.use({ serviceWorkers: 'allow', complaintsAllowed: /ServiceWorker|ERR_INTERNET_DISCONNECTED/ })

  test('the saved page is stored on the device, and answers without a network', async ({ page, site, context }) => {
    const programme = sessions.slice(0, 4).map(({ id, title, abstract }) => ({ id, title, abstract }))
    const build = await Build.open(page, site.url)
    await build.choose('Spring meeting.json', JSON.stringify(programme))
    await expect(build.query).toBeVisible()
    const folder = await save(page)
    const server = await serve(path.join(folder, 'site'))
    try {
      const own = await context.newPage()
      await own.goto(server.url)
      await own.getByRole('searchbox').fill(programme[1]!.title)
      await expect(own.locator('#offline')).toHaveText(/^Works without a network\. +\d+\.\d\sMB in \d+ files/)
      await context.setOffline(true)
      await own.goto(server.url)
      await own.getByRole('searchbox').fill(programme[3]!.title)
      await expect(own.locator('inkling-search[data-mode=hybrid]')).toBeVisible()
      await expect(own.locator('.inkling-item').first()).toContainText(programme[3]!.title)
    } finally {
      await context.setOffline(false)
      await server.close()
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
})

test.describe('with the folder of a student', () => {
  test.use({ complaintsAllowed: /404/ })
  let asked: Asked
  test.beforeEach(async ({ page, site }) => {
    asked = new Asked()
    await openBlank(page, site)
    await asked.serve(page)
  })
  test.afterEach(() => asked.remove())

  /** Builds an index; its files, or why not. */
  const build = (page: Page, url: string, workers: number) =>
    page.evaluate(
      async ({ url, workers }) => {
        const { buildIndex } = (await import(`${url}/inkling/build.js`)) as typeof import('inkling-search/build')
        const texts = ['Counting honeybees at a hive.', 'Heat pumps in old houses.', 'Nurses plan their shifts.']
        const documents = texts.map((text, at) => ({ id: `${at}`, title: `Number ${at}`, text }))
        const built = buildIndex(documents, { model: `${url}/asked/model/`, workers })
        return built.then(
          ({ files }) => files.map((file) => `${file.path} ${file.bytes.length}`).join('\n'),
          ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
        )
      },
      { url, workers },
    )

  test('documents are encoded by the model beside it, and the index has both', async ({ page, site }) => {
    const files = await build(page, site.url, 1)
    // Of the word embeddings those of these documents and the common ones, and the others apart.
    expect(files).toMatch(/^model\/weights\.safetensors 28\d{5}$/m)
    expect(files).toContain('model/rows/000.bin ')
    expect(files).toContain('model/documents/weights.safetensors ')
    expect(await build(page, site.url, 2)).toBe(files)
  })

  test('where no model is beside it, building says which encodes documents', async ({ page, site }) => {
    asked.servesDocumentsModel = false
    const failure = await build(page, site.url, 1)
    expect(failure).toMatch(/^unsupported-model: .*sentence-transformers\/all-MiniLM-L6-v2/)
  })
})

test('nothing of the visitor’s file leaves the device', async ({ page, site, context }) => {
  const requests: string[] = []
  context.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).origin}`))
  const build = await Build.open(page, site.url)
  await build.choose('programme.csv', csv)
  await build.ask('staff turnover')
  expect([...new Set(requests)]).toEqual([`GET ${site.url}`])
})

test('several workers build the same bytes as one, and are gone afterwards', async ({ page, site }) => {
  await openBlank(page, site)
  const documents = sessions.slice(0, 40).map(({ id, title, abstract }) => ({ id, title, text: abstract }))
  const started: string[] = []
  page.on('worker', (worker) => started.push(worker.url()))
  const build = (workers: number) =>
    page.evaluate(
      async ({ url, documents, workers }) => {
        const { buildIndex } = (await import(`${url}/inkling/build.js`)) as typeof import('inkling-search/build')
        const counts: number[] = []
        const onProgress = ({ stage, done }: { stage: string; done: number }) =>
          void (stage === 'encode' && counts.push(done))
        const { files } = await buildIndex(documents, { model: `${url}/search/model/`, workers, onProgress })
        const hash = async (bytes: Uint8Array<ArrayBuffer>) =>
          [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join()
        const hashes = await Promise.all(files.map(async ({ path, bytes }) => `${path} ${await hash(bytes)}`))
        return { hashes, rising: counts.every((count, at) => at === 0 || count > counts[at - 1]!) }
      },
      { url: site.url, documents, workers },
    )
  const alone = await build(1)
  expect(started).toHaveLength(1)
  const together = await build(3)
  expect(started).toHaveLength(4)
  expect(together).toEqual(alone)
  expect(alone.rising).toBe(true)
  await expect.poll(() => page.workers().length).toBe(0)
})

test('axe finds nothing to complain about before, meanwhile, after and in an error, and nothing is wider than the screen', async ({
  page,
  site,
}) => {
  const build = await Build.open(page, site.url)
  expect(await violationsInAllLooks(page)).toEqual([])
  await build.choose(
    'many.json',
    JSON.stringify(Array.from({ length: 3000 }, (_, at) => ({ title: `Session ${at}`, abstract: csv.repeat(4) }))),
  )
  await expect(build.stage).toContainText('Encoding')
  expect(await violationsInAllLooks(page)).toEqual([])
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Try a sample' }).click()
  await build.ask('early warning of disease')
  expect(await violationsInAllLooks(page)).toEqual([])
  await build.choose('broken.json', '[{')
  await expect(build.failure).toBeVisible()
  expect(await violationsInAllLooks(page)).toEqual([])
})
