/** The page that is one file, opened from disk: no server runs, and no flag of the browser lets files read others. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from '@playwright/test'
import { at } from '../../scripts/lib.mjs'
import { singleFile } from '../../scripts/single.mjs'
import { cli } from '../../scripts/site.mjs'
import { violations, violationsInAllLooks } from './axe.js'
import { expect, gradedQuery, sessions, test, watchRequests } from './site.js'
import { TINY } from './tiny.js'

/** The ids of the documents that are shown. */
const shown = (page: Page) =>
  page.locator('#results [data-id]').evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.id ?? ''))

/** The ids of the documents that answer a question, once they are ranked by meaning. */
async function ask(page: Page, question: string): Promise<string[]> {
  await page.getByRole('searchbox').fill(question)
  const answered = page.locator(`#results[data-question=${JSON.stringify(question)}][data-mode=hybrid]`)
  // An answer by words that has been read for a while stays until the visitor wants the better one.
  const better = page.getByRole('button', { name: 'Better answers are ready' })
  await expect(answered.or(better).first()).toBeVisible()
  if (await better.isVisible()) await better.click()
  await expect(answered).toBeVisible()
  return shown(page)
}

const devices = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } }

for (const [device, viewport] of Object.entries(devices)) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test('one file opened from disk answers by meaning, with nothing beside it and no request', async ({
      page,
      context,
    }) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
      const file = path.join(folder, 'all of it.html')
      fs.copyFileSync(singleFile, file)
      const url = pathToFileURL(file).href
      const asked = watchRequests(context)
      try {
        await page.goto(url)
        await expect(page).toHaveTitle('Northlight Analytics Summit')
        for (const id of ['q01', 'q02', 'q08']) {
          const { query, relevant } = gradedQuery(id)
          const found = await ask(page, query)
          expect(
            found.filter((session) => relevant[session]),
            `${query}: ${found}`,
          ).not.toEqual([])
        }
        // Browsers name the page itself, and the worker's script, which the page carries.
        const others = asked.filter(
          (address) => address !== url && !address.startsWith('blob:') && !address.startsWith('data:'),
        )
        expect(others).toEqual([])
        expect(
          await page.evaluate(() => document.body.scrollWidth <= innerWidth),
          'nothing is wider than the screen',
        ).toBe(true)
      } finally {
        fs.rmSync(folder, { recursive: true })
      }
    })

    test('in the one file filters with counts narrow an answer, and a document opens with those most like it', async ({
      page,
    }) => {
      await page.goto(pathToFileURL(singleFile).href)
      const found = await ask(page, 'data for health')
      const monday = sessions.filter(({ day }) => day === 'Monday').map(({ id }) => id)
      const filter = page.getByRole('button', { name: /^Monday/ })
      const count = await filter.locator('.inkling-count').innerText()
      await filter.click()
      await expect(page.locator('.inkling-said')).toContainText(new RegExp(`\\b${count} results`))
      const filtered = await shown(page)
      for (const id of filtered) expect(monday).toContain(id)
      expect(filtered).not.toEqual(found)

      const hit = page.locator(`[data-id="${filtered[1]}"]`)
      const title = await hit.locator('.inkling-title').innerText()
      await hit.click()
      const text = page.getByRole('article')
      await expect(text.getByRole('heading', { name: title })).toBeVisible()
      await expect(text.getByRole('button')).toHaveCount(4)
      expect(await violations(page)).toEqual([])
      await text.getByRole('button', { name: 'Back to the results' }).click()
      await expect(page.getByRole('searchbox')).toBeFocused()
      await expect(hit).toBeVisible()
    })
  })
}

test('axe finds nothing to complain about in the one file, in light and dark colours on a desktop and on a phone', async ({
  page,
}) => {
  await page.goto(pathToFileURL(singleFile).href)
  await expect(page.getByRole('searchbox')).toBeVisible()
  expect(await violationsInAllLooks(page)).toEqual([])
  await ask(page, 'data')
  expect(await violationsInAllLooks(page)).toEqual([])
  await page.getByRole('button', { name: /^Show (more|all)/ }).click()
  await expect(page.locator('#results [data-id]').nth(10)).toBeFocused()
  await page.getByRole('button', { name: /^Monday/ }).click()
  await expect(page.getByRole('button', { name: /^Monday/ })).toHaveAttribute('aria-pressed', 'true')
  expect(await violationsInAllLooks(page)).toEqual([])
  await page.getByRole('searchbox').fill('xkjhgfd qwrtz')
  await expect(page.getByRole('status')).toContainText('Nothing comes close')
  expect(await violationsInAllLooks(page)).toEqual([])
})

test('who asks while the file still opens is answered, with filters', async ({ page }) => {
  await page.goto(pathToFileURL(singleFile).href, { waitUntil: 'commit' })
  await page.getByRole('searchbox').fill('Health Analytics?')
  await expect(page.locator('#results [data-id]')).not.toHaveCount(0)
  await expect(page.getByRole('button', { name: /^Monday/ })).toBeVisible()
})

test.describe('damaged', () => {
  test.use({ complaintsAllowed: /^inkling-search: .*hash-mismatch/ })

  test('one file with a damaged index says so, with the code', async ({ page }) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
    const file = path.join(folder, 'damaged.html')
    const html = fs.readFileSync(singleFile, 'utf8')
    const start = html.indexOf('>', html.indexOf('data-inkling-file="index/lexical.safetensors"')) + 1001
    fs.writeFileSync(file, `${html.slice(0, start)}${html[start] === 'A' ? 'B' : 'A'}${html.slice(start + 1)}`)
    try {
      await page.goto(pathToFileURL(file).href)
      await page.getByRole('searchbox').fill('health')
      await expect(page.locator('#results')).toContainText('hash-mismatch')
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })
})

test('one file of any documents shows them as text, and links them to the site they are from', async ({ page }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
  const inkling = (...args: string[]) => execFileSync(cli, args, { cwd: folder, stdio: 'pipe' })
  const text = 'Doctors and patients share data.'
  const documents = [
    { id: 'relative', title: 'Health &lt;img src=x onerror="document.title=1"&gt;', url: 'sessions/1.html', text },
    {
      id: 'hostile',
      title: 'Health of scripts',
      url: 'javascript:document.title=2',
      text,
      tags: ['&lt;b&gt;x&lt;/b&gt;', 'y'],
    },
  ]
  fs.writeFileSync(path.join(folder, 'documents.json'), JSON.stringify(documents))
  try {
    inkling('index', 'documents.json', ...TINY)
    const title = 'Health & <b>Co.</b>'
    inkling(
      'bundle',
      'search',
      '--page',
      at('dist', 'single.html'),
      '--title',
      title,
      '--site',
      'https://example.org/summit/',
      '--out',
      'all.html',
    )
    await page.goto(pathToFileURL(path.join(folder, 'all.html')).href)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title)
    expect(await ask(page, 'health doctors')).toHaveLength(2)
    const link = page.getByRole('link')
    await expect(link).toHaveCount(1)
    await expect(link.locator('.inkling-title')).toHaveText('Health <img src=x onerror="document.title=1">')
    await expect(link).toHaveAttribute('href', 'https://example.org/summit/sessions/1.html')
    await expect(page.locator('.inkling-facts')).toHaveText('<b>x</b>, y')
    await expect(page).toHaveTitle(title)
    await expect(page.locator('.inkling-filters'), 'nothing to filter by').toBeHidden()
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('one file of documents in another language than English knows the forms of their words', async ({ page }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
  const inkling = (...args: string[]) => execFileSync(cli, args, { cwd: folder, stdio: 'pipe' })
  const documents = [
    { id: 'einheit', title: 'Die Einheit der Messung', text: 'Wie groß ein Meter ist, und wer das festlegt.' },
    { id: 'haus', title: 'Ein Haus am See', text: 'Von der Planung bis zum Einzug, mit allen Kosten.' },
  ]
  fs.writeFileSync(path.join(folder, 'documents.json'), JSON.stringify(documents))
  try {
    inkling('index', 'documents.json', '--language', 'de', ...TINY)
    inkling('bundle', 'search', '--page', at('dist', 'single.html'), '--out', 'all.html')
    await page.goto(pathToFileURL(path.join(folder, 'all.html')).href)
    // Neither is the beginning of the other, nor a few typing errors away.
    await page.getByRole('searchbox').fill('einheitlichen')
    await expect(page.locator('#results [data-id=einheit] mark').first()).toHaveText('Einheit')
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
