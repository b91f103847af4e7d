/** The demo as an installed app: stored by its service worker, opened without a network, updated whole or not at all. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import type * as OfflinePackage from 'inkling-search/offline'
import { at } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import { DEVICES, violationsInAllLooks } from './axe.js'
import { test as base, Demo, expect, gradedQuery, holdWeights, keptRows, openBlank, watchRequests } from './site.js'

/** A copy of the demo that a test may change, and its server. */
interface Deployed {
  url: string
  folder: string
  requests: string[]
  /** What answers at a path in place of a file. */
  routes: Record<string, (response: http.ServerResponse) => void>
  /** Changes files, lists them anew, and lets `damage` change them once more. */
  deploy: (changes: Record<string, (text: string) => string>, damage?: (folder: string) => void) => void
  stop: () => Promise<void>
}

const test = base.extend<{ deployed: Deployed }>({
  deployed: async ({}, use) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-installed-'))
    // Older than the file it belongs to, a compressed twin is not served.
    fs.cpSync(siteFolder, folder, { recursive: true, preserveTimestamps: true })
    const requests: string[] = []
    const routes: Deployed['routes'] = {}
    const server = await serve(folder, { onRequest: (name) => requests.push(name), routes })
    let running = true
    const stop = async () => {
      if (running) await server.close()
      running = false
    }
    const deploy: Deployed['deploy'] = (changes, damage) => {
      for (const [name, change] of Object.entries(changes)) {
        const file = path.join(folder, name)
        fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')))
      }
      list(folder)
      damage?.(folder)
    }
    await use({ url: server.url, folder, requests, routes, deploy, stop })
    await stop()
    fs.rmSync(folder, { recursive: true })
  },
})

// A worker that cannot be installed is said in the console, as is a request without a network.
test.use({
  serviceWorkers: 'allow',
  complaintsAllowed: /ServiceWorker|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED/,
})

/** Writes the service worker of a site, as a site's own build does. */
const list = (folder: string) =>
  execFileSync(process.execPath, [at('dist', 'write-service-worker.js'), folder, '--indexing'])

/** The line about use without a network. */
const line = (page: Page) => page.locator('#offline')

/** Waits until everything is stored, the model too. */
async function stored(page: Page): Promise<void> {
  await expect(line(page)).toHaveAttribute('data-state', 'stored')
  await expect(line(page)).not.toContainText('Keyword search for now')
}

/** Cuts the network: for the page, for the service worker, and at its other end. */
async function cut(context: BrowserContext, { stop }: Deployed): Promise<void> {
  await context.setOffline(true)
  await stop()
}

/** Indexes the sample of the page for a programme of one's own, and asks it. */
async function askSample(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try a sample' }).click()
  await expect(page.locator('#status')).toContainText('garden.json is indexed')
  await page.getByRole('searchbox').fill('volunteers who give up')
  await expect(page.locator('.inkling-item').first()).toContainText('Forty volunteers and one shed')
}

/** Indexes something while there is a network: what encodes documents is stored for nobody before. */
async function indexOnce(page: Page, { url }: Deployed): Promise<void> {
  const isKept = async () => (await keys(page)).some((key) => key.includes('/model/documents/weights.safetensors?'))
  expect(await isKept()).toBe(false)
  await page.goto(`${url}/build.html`)
  // Nobody waits for the storage, and a worker that has done its work may be gone before it.
  await expect(async () => {
    await askSample(page)
    await expect.poll(isKept, { timeout: 2000 }).toBe(true)
  }).toPass()
}

/** The keys of all that is stored, and how often a model is among them. */
const keys = (page: Page) =>
  page.evaluate(async () => {
    const all: string[] = []
    for (const name of await caches.keys()) all.push(...(await (await caches.open(name)).keys()).map(({ url }) => url))
    return all
  })

const heading = (to: string) => (html: string) => html.replace(/(<h1[^>]*>)[^<]*/, `$1${to}`)
const first = gradedQuery('q01')
test('what storage has lost is fetched again with an update: files of the page, of the index and of the model', async ({
  page,
  deployed,
}) => {
  await Demo.ready(page, deployed.url)
  await stored(page)
  // A page without the search: that would mend its own files.
  await openBlank(page, deployed)
  const sizes = () =>
    page.evaluate(async () => {
      const sizes: Record<string, number> = {}
      for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) sizes[request.url] = (await (await cache.match(request))!.blob()).size
      }
      return sizes
    })
  const before = await sizes()
  const lose = (part: string, left: number) =>
    page.evaluate(
      async ({ part, left }) => {
        for (const name of await caches.keys()) {
          const cache = await caches.open(name)
          for (const request of (await cache.keys()).filter(({ url }) => url.includes(part))) {
            const response = (await cache.match(request))!
            await cache.put(
              request,
              new Response((await response.arrayBuffer()).slice(0, left), { headers: response.headers }),
            )
          }
        }
      },
      { part, left },
    )
  await lose('/weights.safetensors?', 0)
  await lose('/docs/000.json?', 100)
  await lose('/style.css?', 0)
  expect(Object.values(await sizes()).filter((size) => size === 0)).toHaveLength(2)

  deployed.deploy({ 'index.html': heading('The second version') })
  await page.evaluate(async () => {
    const registration = (await navigator.serviceWorker.getRegistration())!
    await registration.update()
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 100))
  })
  expect(await sizes()).toMatchObject(before)
})

test.describe('on a phone', () => {
  test.use({ viewport: DEVICES.phone })

  test('after one visit the page reloads without a network, and its first query is answered by meaning', async ({
    page,
    context,
    deployed,
  }) => {
    const asked = watchRequests(context)
    await Demo.ready(page, deployed.url)
    await stored(page)
    await indexOnce(page, deployed)
    await cut(context, deployed)
    await page.goto(deployed.url)
    const hits = await new Demo(page).ask(first.query)
    expect(hits.map((id) => first.relevant[id])).toContain(3)
    // An address that was never visited, too.
    await page.goto(`${deployed.url}/?q=${encodeURIComponent(gradedQuery('q02').query)}`)
    expect(await new Demo(page).answerTo(gradedQuery('q02').query)).toHaveLength(3)
    // The other pages as well: a session, and a programme of one's own that is read, encoded and indexed.
    await page.goto(`${deployed.url}/?session=gdpr-erase`)
    await expect(page.locator('.similar-list .row')).toHaveCount(4)
    await page.getByRole('link', { name: 'Map' }).click()
    await expect(page.locator('.point').first()).toBeVisible()
    await page.getByRole('link', { name: 'Try your own file' }).click()
    await askSample(page)
    expect(
      asked.filter((url) => new URL(url).origin !== deployed.url),
      'requests to other origins',
    ).toEqual([])
  })

  test('a damaged update is never shown, a whole one is offered and shown after the reload', async ({
    page,
    context,
    deployed,
  }) => {
    const demo = await Demo.ready(page, deployed.url)
    await stored(page)
    const h1 = page.getByRole('heading', { level: 1 })
    const before = await h1.innerText()

    const script = path.join(deployed.folder, 'app.js')
    const whole = fs.readFileSync(script, 'utf8')
    // Of the right length, with one wrong byte at its end.
    const damage = () => fs.writeFileSync(script, `${whole} `)
    deployed.deploy({ 'index.html': heading('The second version'), 'app.js': (text) => `${text}\n` }, damage)
    await page.reload()
    await expect(line(page)).toContainText('could not be stored')
    await expect(h1).toHaveText(before)
    await page.reload()
    await demo.ask(first.query)
    await expect(h1).toHaveText(before)
    expect((await keys(page)).filter((url) => url.includes('/app.js?'))).toHaveLength(1)

    fs.writeFileSync(script, `${whole}\n`)
    await page.reload()
    await expect(line(page)).toContainText('new version')
    await expect(h1).toHaveText(before)
    await page.getByRole('button', { name: 'Load the new version' }).click()
    await expect(h1).toHaveText('The second version')
    await stored(page)
    expect(
      (await keys(page)).filter((url) => /\/(app\.js|index\.html)\?/.test(url)),
      'the old version is gone',
    ).toHaveLength(2)
    await cut(context, deployed)
    await page.reload()
    await expect(h1).toHaveText('The second version')
    expect(await demo.ask(first.query)).toHaveLength(3)
  })

  test('an update that breaks off leaves the old version working without a network, and goes on where it stopped', async ({
    page,
    context,
    deployed,
  }) => {
    const demo = await Demo.ready(page, deployed.url)
    await stored(page)
    const h1 = page.getByRole('heading', { level: 1 })
    const before = await h1.innerText()
    const script = path.join(deployed.folder, 'app.js')
    const whole = fs.readFileSync(script)
    deployed.deploy({ 'index.html': heading('The second version'), 'app.js': (text) => `${text}\n` }, () =>
      fs.rmSync(script),
    )
    await page.reload()
    await expect(line(page)).toContainText('could not be stored')
    await context.setOffline(true)
    await page.reload()
    await expect(h1).toHaveText(before)
    expect(await demo.ask(first.query)).toHaveLength(3)

    await context.setOffline(false)
    fs.writeFileSync(script, `${whole}\n`)
    deployed.requests.length = 0
    await page.reload()
    await expect(line(page)).toContainText('new version')
    expect(deployed.requests.filter((name) => name === '/app.js')).toHaveLength(1)
    expect(deployed.requests, 'what was stored before the break is not fetched again').not.toContain('/index.html')
    // Whole and checked, the new version waits: the old one goes on until it is asked to go.
    await expect(h1).toHaveText(before)
    expect(await demo.ask(gradedQuery('q02').query)).toHaveLength(3)
  })

  test('it says how much is stored, which is once each file, and removes it when asked', async ({ page, deployed }) => {
    await Demo.ready(page, deployed.url)
    await stored(page)
    const kept = (await keys(page)).map((url) => url.slice(deployed.url.length + 1))
    const files = kept.map((key) => key.replace(/\?.*/, ''))
    // The manifest is kept twice: by the page's version, and by the search that asked for the newest one.
    expect(files.filter((file, index) => files.indexOf(file) !== index)).toEqual(['search/manifest.json'])
    const modules = ['build-relaxed', 'encoder-relaxed', 'simd128'].map((name) => `inkling/wasm/inkling-${name}.wasm`)
    expect(files.filter((file) => file.endsWith('.wasm')).sort(), 'only the modules that this browser loads').toEqual(
      modules,
    )
    const bytes = files.reduce(
      (sum, file) => sum + fs.statSync(path.join(deployed.folder, decodeURIComponent(file))).size,
      0,
    )
    await expect(line(page)).toContainText(`${(bytes / 1e6).toFixed(1)}\u00a0MB in ${files.length} files`)
    await expect(line(page)).toContainText('the browser counts')

    await page.getByRole('button', { name: 'Remove it' }).click()
    await expect(line(page)).toContainText('Nothing is stored')
    expect(await keys(page)).toEqual([])
    await Demo.ready(page, `${deployed.url}/?again`)
    await expect(line(page)).toContainText('Nothing is stored')
    expect(await keys(page)).toEqual([])

    await page.getByRole('button', { name: 'Store it' }).click()
    await stored(page)
  })
})

test('nothing is stored while the better answer to a question still needs the line', async ({ page, deployed }) => {
  const releaseWeights = await holdWeights(page)
  let releaseRows = () => {}
  const rowsReleased = new Promise<void>((resolve) => (releaseRows = resolve))
  const asked = page.waitForRequest('**/model/rows/**')
  await page.route('**/model/rows/**', async (route) => {
    await rowsReleased
    await route.continue().catch(() => {})
  })
  const demo = new Demo(page)
  await page.goto(deployed.url)
  await demo.ask('health at its zenith', 'lexical')
  releaseWeights()
  await asked
  await expect(page.locator('body')).toHaveAttribute('data-meaning', 'ready')
  expect(deployed.requests).not.toContain('/service-worker.js')
  releaseRows()
  await stored(page)
})

test('the page can be installed as an app', async ({ page, context, deployed }) => {
  await Demo.ready(page, deployed.url)
  await stored(page)
  const session = await context.newCDPSession(page)
  const { errors, data } = await session.send('Page.getAppManifest')
  expect(errors).toEqual([])
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  // Tests run in a private window, where nothing can be installed.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
  const { icons }: { icons: { src: string; sizes: string }[] } = JSON.parse(data ?? '')
  for (const { src, sizes } of icons) {
    const [width, height] = await page.evaluate(async (url) => {
      const image = new Image()
      image.src = url
      await image.decode()
      return [image.naturalWidth, image.naturalHeight]
    }, `${deployed.url}/${src}`)
    if (sizes !== 'any') expect(`${width}x${height}`, src).toBe(sizes)
  }
})

test('before the first answer nothing is on the line but the page, its search and the index', async ({
  page,
  deployed,
}) => {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  deployed.routes['/search/index/lexical.safetensors'] = (response) => {
    void released.then(() =>
      response.end(fs.readFileSync(path.join(deployed.folder, 'search/index/lexical.safetensors'))),
    )
  }
  await page.goto(`${deployed.url}/?q=dashboards`)
  await expect(page.getByText('Searching for “dashboards”')).toBeVisible()
  await page.waitForTimeout(2000)
  const all = deployed.requests.join('\n')
  expect(all).toContain('/inkling/wasm/inkling-simd128.wasm')
  expect(all).not.toMatch(
    /service-worker|inkling-(build|encoder|gpu|languages)|\/model\/|vectors|build\.(html|js)|map\.json/,
  )
  release()
  await new Demo(page).answerTo('dashboards')
  await expect.poll(() => deployed.requests).toContain('/service-worker.js')
  expect(deployed.requests.filter((name) => name.includes('inkling-gpu'))).toEqual([])
})

test('the service worker does not fetch a model that nobody has asked for', async ({ page, deployed }) => {
  await openBlank(page, deployed)
  const state = await page.evaluate(async (url) => {
    const { Offline }: typeof OfflinePackage = await import(`${url}/inkling/offline.js`)
    const stored = new Promise<void>((resolve) => {
      const offline = new Offline({
        script: `${url}/service-worker.js`,
        onChange: (state) => state === 'stored' && resolve(),
      })
      void offline.start()
    })
    await stored
    return new Offline({ script: `${url}/service-worker.js` }).stored()
  }, deployed.url)
  expect(state.model).toBe(false)
  expect(state.files).toBeGreaterThan(10)
  expect(deployed.requests).toContain('/search/index/vectors.safetensors')
  expect(deployed.requests.filter((name) => name.startsWith('/search/model/'))).toEqual([])
})

const hash = (bytes: string) => ({
  bytes: Buffer.byteLength(bytes),
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

/** The changes that make another model of the demo's: its tokenizer has a line more. */
function anotherModel({ folder }: Deployed): Record<string, (text: string) => string> {
  const read = (name: string) => fs.readFileSync(path.join(folder, 'search', name), 'utf8')
  return {
    'search/model/tokenizer.txt': (text) => `${text}\n`,
    'search/model/config.json': (text) =>
      JSON.stringify({ ...JSON.parse(text), tokenizer: hash(read('model/tokenizer.txt')) }),
    'search/manifest.json': (text) => {
      const manifest = JSON.parse(text)
      for (const file of manifest.files) {
        if (/(tokenizer\.txt|config\.json)$/.test(file.path)) Object.assign(file, hash(read(file.path)))
      }
      return JSON.stringify(manifest)
    },
    'index.html': heading('Another model'),
  }
}

test('an update with another model stores that model first, when one is stored', async ({
  page,
  context,
  deployed,
}) => {
  const demo = await Demo.ready(page, deployed.url)
  await stored(page)
  deployed.requests.length = 0
  deployed.deploy(anotherModel(deployed))
  await page.reload()
  await expect(line(page)).toContainText('new version')
  expect(deployed.requests).toContain('/search/model/tokenizer.txt')
  expect(deployed.requests, 'what has not changed is not fetched').not.toContain('/search/model/weights.safetensors')
  await page.getByRole('button', { name: 'Load the new version' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Another model')
  await cut(context, deployed)
  await page.reload()
  expect(await demo.ask(first.query)).toHaveLength(3)
  const kept = (await keys(page)).filter((url) => url.includes('/search/model/'))
  const whole = kept.filter((url) => !url.includes('/rows/'))
  expect(whole, 'the old model is gone').toHaveLength(3)
  expect(kept.length, 'its word embeddings are there').toBeGreaterThan(3 + 8)
})

test('an update with another model does not fetch it where data is to be saved', async ({ page, deployed }) => {
  await Demo.ready(page, deployed.url)
  await stored(page)
  // Of the model that is there the word embeddings may still be on their way.
  await page.reload()
  await keptRows(page)
  deployed.requests.length = 0
  deployed.deploy(anotherModel(deployed), (folder) => {
    // What Chromium says in this setting, for which it has no switch that tests could use.
    const file = path.join(folder, 'service-worker.js')
    const savesData = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
    fs.writeFileSync(file, `${savesData}\n${fs.readFileSync(file, 'utf8')}`)
  })
  await page.reload()
  await expect(line(page)).toContainText('new version')
  expect(deployed.requests).toContain('/index.html')
  expect(deployed.requests.filter((name) => name.startsWith('/search/model/'))).toEqual([])
})

test('axe finds nothing to complain about in what is said of storing, in light and dark colours on a desktop and on a phone', async ({
  page,
  deployed,
}) => {
  await Demo.ready(page, deployed.url)
  await stored(page)
  expect(await violationsInAllLooks(page)).toEqual([])
  deployed.deploy({ 'index.html': heading('The second version') })
  await page.reload()
  await expect(line(page)).toContainText('new version')
  expect(await violationsInAllLooks(page)).toEqual([])
  await page.getByRole('button', { name: 'Load the new version' }).click()
  await stored(page)
  await page.getByRole('button', { name: 'Remove it' }).click()
  await expect(line(page)).toContainText('Nothing is stored')
  expect(await violationsInAllLooks(page)).toEqual([])
})

test('the list of a site holds what its pages load, and of an index only the manifest', () => {
  const site = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-list-'))
  const manifest = (language: string) => JSON.stringify({ format: 6, model: {}, language, files: [] })
  const files = {
    'index.html': '<p>',
    'a b/ü.html': '',
    'app.js.map': '',
    'types.d.ts': '',
    '.hidden': '',
    'app.js.br': '',
    'video/talk.mp4': 'v',
    'search/manifest.json': manifest('en'),
    'search/docs/000.json': '[]',
    'other/manifest.json': '{}',
    'other/data.json': '[]',
    'inkling/index.js': '',
    'inkling/single.html': '',
    'inkling/write-service-worker.js': '',
    'single.html': '',
    'build.js': '',
    'inkling/build.js': '',
    'inkling/cli.js': '',
    'inkling/wasm/inkling-build-simd128.wasm': '',
    'inkling/wasm/inkling-languages-simd128.wasm': '',
  }
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(site, name)), { recursive: true })
    fs.writeFileSync(path.join(site, name), text)
  }
  try {
    const listWith = (...options: string[]) => {
      execFileSync(process.execPath, [at('dist', 'write-service-worker.js'), site, ...options])
      const [firstLine = ''] = fs.readFileSync(path.join(site, 'service-worker.js'), 'utf8').split('\n')
      return JSON.parse(firstLine.replace('self.inklingOffline = ', ''))
    }
    const { files: listed, searches } = listWith('--skip', 'video/')
    const names = [
      'a%20b/%C3%BC.html',
      'build.js',
      'index.html',
      'inkling/index.js',
      'other/data.json',
      'other/manifest.json',
      'search/manifest.json',
      'single.html',
    ]
    expect(listed.map(({ path }: { path: string }) => path).sort()).toEqual(names)
    expect(searches).toEqual(['search/'])
    expect(listWith('--skip', 'video/', '--indexing').files, 'with what indexes documents').toHaveLength(
      names.length + 2,
    )
    fs.writeFileSync(path.join(site, 'search', 'manifest.json'), manifest('de'))
    expect(listWith('--skip', 'video/').files, 'with other languages').toHaveLength(names.length + 1)
    const sha256 = createHash('sha256').update('<p>').digest('hex')
    expect(listed.find(({ path }: { path: string }) => path === 'index.html')).toEqual({
      path: 'index.html',
      bytes: 3,
      sha256,
    })
  } finally {
    fs.rmSync(site, { recursive: true })
  }
})

test.describe('where the server fails once', () => {
  test.use({ complaintsAllowed: /Failed to load resource/ })

  test('at a file, the service worker asks for it again, and the site is stored', async ({ page, deployed }) => {
    let failures = 0
    deployed.routes['/icon-192.png'] = (response) => {
      if (failures++ === 0) response.writeHead(503).end()
      else response.end(fs.readFileSync(path.join(deployed.folder, 'icon-192.png')))
    }
    await page.goto(deployed.url)
    await stored(page)
    expect(failures).toBeGreaterThan(1)
  })
})
