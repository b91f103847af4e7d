// What every engine must do: the main ways through the demo and the package, from a page as a visitor has it.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { singleOf } from '../../scripts/engines.mjs'
import { answersTo, inTime, nativeVectors, open, ownAddress, texts, until } from './site.mjs'

/** @typedef {import('./drivers.mjs').Engine} Engine */
/** @typedef {import('./drivers.mjs').Page} Page */

const QUESTION = 'Health Analytics?'

/** Runs all specs in an engine. @param {Engine} engine */
export function specs(engine) {
  const skip = engine.absent ?? false
  void describe(engine.title, { skip, timeout: 900_000 }, () => {
    /** @type {Page} */
    let page
    /** @type {Awaited<ReturnType<typeof open>>} */
    let site
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-engine-'))

    before(async () => {
      site = await open(engine)
      page = await engine.open()
    })
    afterEach(() => assert.deepEqual((page?.errors ?? []).splice(0), [], 'errors that nobody caught'))
    after(async () => {
      await page?.close()
      await site?.close()
      fs.rmSync(folder, { recursive: true, force: true })
    })

    for (const kind of /** @type {const} */ (['https or localhost', 'plain http'])) {
      const plain = kind === 'plain http'
      const nowhere = plain && !engine.host && !ownAddress ? 'this machine has no address but localhost' : false
      void describe(`on a page from ${kind}`, { skip: nowhere }, () => {
        const url = () => (plain ? (site.plainUrl ?? '') : site.url)

        test('words answer first, then words and meaning, on the kernel that this engine has', async () => {
          await blank(page, url(), plain)
          const { first, second, kernel } = await page.evaluate(searchBlank, QUESTION)
          assert.equal(first.mode, 'lexical')
          assert.equal(second.mode, 'hybrid')
          rightAnswers(second.ids)
          assert.ok(engine.kernels.includes(kernel), kernel)
        })

        test('the vectors of twenty texts have the same bits as the command line gives', async () => {
          await blank(page, url(), plain)
          const bytes = Buffer.from(await page.evaluate(encodeBlank, texts), 'base64')
          assert.equal(bytes.length, texts.length * 384 * 4)
          assert.deepEqual(bytes, Buffer.from(nativeVectors()))
        })

        test('the demo answers a question with three right sessions', async () => {
          await page.goto(`${url()}/`)
          rightAnswers(await askDemo(page))
        })

        test('the box is worked by keyboard alone: a question, closed, opened, a session chosen', async () => {
          await useBox(page, `${url()}/page.html`)
        })

        test('the build page reads a file, indexes it, answers by meaning, and copies or says why not', async () => {
          await useBuildPage(page, `${url()}/build.html`, folder)
        })
      })
    }

    test('once the site is stored it reloads without a network and answers by meaning', async () => {
      const own = await open(engine)
      try {
        await page.goto(`${own.url}/`)
        await until(page, 'the site is stored with its model', () => {
          const line = /** @type {HTMLElement | null} */ (document.querySelector('#offline[data-state=stored]'))
          return line && !line.innerText.includes('Keyword search for now')
        })
        await own.close()
        await page.goto(`${own.url}/?again`)
        rightAnswers(await askDemo(page))
      } finally {
        await own.close()
      }
    })

    test('a second visit with the same profile takes index and model from the cache, whole', async () => {
      const own = await open(engine)
      const profile = path.join(folder, 'profile')
      try {
        const visit = async () => {
          const report = inTime(own.reported(), 'the report of a page')
          await engine.visit(`${own.url}/visit.html`, profile, report)
          return report
        }
        const first = await visit()
        assert.deepEqual(first, { mode: 'hybrid', ids: first.ids, kept: true })
        rightAnswers(first.ids)
        assert.ok(own.requests.includes('/search/model/weights.safetensors'))
        own.requests.length = 0
        assert.deepEqual(await visit(), first)
        assert.deepEqual(
          own.requests.filter((name) => /^\/search\/(index|docs|model)\/.*(?<!config\.json)$/.test(name)),
          [],
        )
      } finally {
        await own.close()
      }
    })

    test('the page that is one file opens from disk and answers by meaning', async () => {
      const file = path.join(folder, 'all of it.html')
      fs.copyFileSync(singleOf(engine.site), file)
      await page.goto(pathToFileURL(file).href)
      rightAnswers(await askDemo(page))
    })
  })
}

/** Three sessions, all among those that answer the question, the best of them among those that answer it best. @param {string[]} ids */
function rightAnswers(ids) {
  const right = answersTo(QUESTION)
  assert.equal(ids.length, 3)
  assert.deepEqual(
    ids.filter((id) => !right[id]),
    [],
    `${ids}`,
  )
  assert.ok(
    ids.some((id) => right[id] === 3),
    `${ids}`,
  )
}

/** Opens a page with nothing on it. @param {Page} page @param {string} url @param {boolean} plain */
async function blank(page, url, plain) {
  await page.goto(`${url}/blank.html`)
  assert.equal(await page.evaluate(() => isSecureContext), !plain)
}

/** In the page: asks at once, and again when the model is there. @param {string} question */
async function searchBlank(question) {
  const address = new URL('inkling/index.js', location.href).href
  const { createSearch } = /** @type {typeof import('inkling-search')} */ (await import(address))
  const search = await createSearch({ url: 'search/' })
  const ask = async () => {
    const { mode, hits } = await search.query(question)
    return { mode, ids: hits.map(({ id }) => id) }
  }
  const first = await ask()
  await search.modelReady
  const second = await ask()
  const { kernel } = search.info
  search.dispose()
  return { first, second, kernel }
}

/** In the page: the vectors of some texts, as Base64 of their bytes. @param {string[]} texts */
async function encodeBlank(texts) {
  const address = new URL('inkling/encoder.js', location.href).href
  const { Encoder } = /** @type {typeof import('inkling-search/encoder')} */ (await import(address))
  const encoder = await Encoder.load({ url: 'search/model/' })
  const vectors = await encoder.encode(texts)
  encoder.dispose()
  const bytes = vectors.flatMap((vector) => [...new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)])
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

/** Types the question into the demo, or into the page that is one file, and waits for the answer by words and meaning. @param {Page} page */
async function askDemo(page) {
  await until(page, 'the page has its box', () => document.querySelector('input[type=search]') !== null)
  await page.type('input[type=search]', QUESTION)
  return until(
    page,
    'an answer by words and meaning',
    (question) => {
      const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('button')])
      // Where the model takes its time the answer by words stays until the visitor wants the better one.
      buttons.find((button) => button.textContent === 'Better answers are ready')?.click()
      const results = document.querySelector(`#results[data-question=${JSON.stringify(question)}][data-mode=hybrid]`)
      const ids = [...(results?.querySelectorAll('[data-id]') ?? [])].map(
        (card) => /** @type {HTMLElement} */ (card).dataset.id ?? '',
      )
      return ids.length >= 3 ? ids.slice(0, 3) : undefined
    },
    QUESTION,
  )
}

/** @param {Page} page @param {string} url */
async function useBox(page, url) {
  await page.goto(url)
  await until(page, 'the element is there', () => document.querySelector('inkling-search:defined') !== null)
  await page.evaluate((question) => {
    const seen = (/** @type {string} */ name, /** @type {unknown} */ value) =>
      (document.body.dataset[name] = String(value))
    document.addEventListener('inkling-results', ({ detail: { query, mode, hits } }) => {
      if (query === question && mode === 'hybrid') seen('first', hits[0]?.id)
    })
    document.addEventListener('inkling-error', ({ detail }) => seen('error', detail))
    document.addEventListener('inkling-select', (event) => {
      event.preventDefault()
      seen('chosen', event.detail.id)
    })
  }, QUESTION)
  await page.type('input[type=search]', QUESTION)
  const first = await until(page, 'an answer by words and meaning', () => {
    const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.inkling-action')])
    buttons.find((button) => button.textContent === 'Better answers are ready')?.click()
    return document.body.dataset.first
  })
  await page.press('Escape')
  await until(
    page,
    'the panel is closed',
    () => /** @type {HTMLElement | null} */ (document.querySelector('.inkling-panel'))?.hidden,
  )
  await page.press('ArrowDown')
  await until(
    page,
    'the first session is marked',
    () => document.querySelector('[role=option]:first-of-type[aria-selected=true]') !== null,
  )
  await page.press('Enter')
  assert.equal(await until(page, 'the choice is told', () => document.body.dataset.chosen), first)
  assert.ok(answersTo(QUESTION)[first], first)
  assert.equal(await page.evaluate(() => document.body.dataset.error ?? ''), '')
}

/** @param {Page} page @param {string} url @param {string} folder */
async function useBuildPage(page, url, folder) {
  const file = path.join(folder, 'programme.csv')
  fs.writeFileSync(
    file,
    'title,abstract\nNurses who leave,"Who will resign by spring, and what would make them stay"\nMaps,Counting fevers\n',
  )
  await page.goto(url)
  await page.upload('#file', file)
  await until(page, 'the file is indexed', () =>
    document.querySelector('#status')?.textContent?.includes('programme.csv is indexed: 2 sessions'),
  )
  await page.type('#search input', 'staff turnover')
  // What stands there before may be the answer to the words typed so far.
  await until(page, 'the right answer', () => {
    const done = document.querySelector('#search [data-question="staff turnover"]')
    return done?.querySelector('.inkling-title')?.textContent === 'Nurses who leave'
  })
  await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('#copy')).click())
  await until(page, 'a word on the copy', () =>
    /Copied|did not allow/.test(document.querySelector('#saved')?.textContent ?? ''),
  )
}
