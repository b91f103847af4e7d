/** The page that is one file, opened from disk: no server runs, and no flag of the browser lets files read others. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { at } from '../../scripts/lib.mjs'
import { singleFile } from '../../scripts/single.mjs'
import { cli } from '../../scripts/site.mjs'
import { expect, gradedQuery, sessions, test, watchRequests } from './site.js'

const violations = async (page: Page) =>
  (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)

/** The ids of the documents that answer a question, once they are ranked by meaning. */
async function ask(page: Page, question: string): Promise<string[]> {
  await page.getByRole('searchbox').fill(question)
  await expect(page.locator(`#results[data-question=${JSON.stringify(question)}][data-mode=hybrid]`)).toBeVisible()
  return page
    .locator('#results > li')
    .evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.id ?? ''))
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

    test('in the one file filters with counts narrow an answer, and a document shows those most like it', async ({
      page,
    }) => {
      await page.goto(pathToFileURL(singleFile).href)
      const status = page.getByRole('status')
      await expect(status).toHaveText('Ready.')
      const filter = async (name: string) => {
        if (device === 'phone') await page.getByRole('button', { name: 'Filter' }).click()
        await page.getByRole('checkbox', { name }).click()
      }
      const count = (value: string) => page.locator('fieldset label', { hasText: value }).locator('.count')
      const monday = sessions.filter(({ day }) => day === 'Monday')
      await expect(count('Monday')).toHaveText(String(monday.length))
      await filter('Monday')
      await expect(status).toHaveText(`${monday.length} found.`)
      const found = await ask(page, 'Health Analytics?')
      for (const id of found) expect(monday.map((session) => session.id)).toContain(id)
      const all = page.locator('#results > li')
      await expect(status).toContainText(`of ${await count('Monday').innerText()} found`)

      const title = await all.nth(1).getByRole('heading').innerText()
      await all.nth(1).getByRole('button', { name: 'Similar' }).click()
      await expect(status).toContainText(`Similar to “${title}”`)
      await expect(page.getByRole('button', { name: 'Back' })).toBeFocused()
      await expect(all).toHaveCount(3)
      await expect(all.getByRole('heading', { name: title })).toHaveCount(0)
      expect(await violations(page)).toEqual([])
      await page.keyboard.press('Enter')
      await expect(page.getByRole('searchbox')).toBeFocused()
      expect(await ask(page, 'Health Analytics?')).toEqual(found)
    })

    for (const colorScheme of ['light', 'dark'] as const) {
      test(`axe finds nothing to complain about in the one file, in ${colorScheme} colours`, async ({ page }) => {
        await page.emulateMedia({ colorScheme })
        await page.goto(pathToFileURL(singleFile).href)
        expect(await violations(page)).toEqual([])
        await ask(page, 'Health Analytics?')
        expect(await violations(page)).toEqual([])
        await page.getByRole('button', { name: 'Show more' }).click()
        await expect(page.locator('#results > li:nth-child(4)')).toBeFocused()
        expect(await page.locator('#results > li').count()).toBeGreaterThan(3)
        if (device === 'phone') await page.getByRole('button', { name: 'Filter' }).click()
        await page.getByRole('checkbox', { name: 'Monday' }).check()
        expect(await violations(page)).toEqual([])
        await page.getByRole('searchbox').fill('xkjhgfd qwrtz')
        await expect(page.getByRole('status')).toContainText('Nothing comes close')
        expect(await violations(page)).toEqual([])
      })
    }
  })
}

test('who asks while the file still opens gets its filters, too', async ({ page }) => {
  await page.goto(pathToFileURL(singleFile).href, { waitUntil: 'commit' })
  await page.waitForSelector('#filters', { state: 'attached' })
  await page.evaluate(() => {
    const query = document.querySelector('#query') as HTMLInputElement
    query.value = 'Health Analytics?'
    setInterval(() => {
      if (document.querySelector<HTMLElement>('#results[data-question]')) return
      query.form?.dispatchEvent(new Event('submit', { cancelable: true }))
    }, 8)
  })
  await expect(page.locator('#results > li')).toHaveCount(3)
  await expect(page.getByRole('checkbox', { name: 'Monday' })).toBeVisible()
})

test('one file with a damaged index says so, with the code', async ({ page }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
  const file = path.join(folder, 'damaged.html')
  const html = fs.readFileSync(singleFile, 'utf8')
  const start = html.indexOf('>', html.indexOf('data-inkling-file="index/lexical.safetensors"')) + 1001
  fs.writeFileSync(file, `${html.slice(0, start)}${html[start] === 'A' ? 'B' : 'A'}${html.slice(start + 1)}`)
  try {
    await page.goto(pathToFileURL(file).href)
    await expect(page.getByRole('status')).toContainText('hash-mismatch')
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('one file of any documents shows them as text, and links them to the site they are from', async ({ page }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-single-'))
  const inkling = (...args: string[]) => execFileSync(cli, args, { cwd: folder, stdio: 'pipe' })
  const text = 'Doctors and patients share data.'
  const documents = [
    { id: 'relative', title: 'Health <img src=x onerror="document.title=1">', url: 'sessions/1.html', text },
    { id: 'hostile', title: 'Health of scripts', url: 'javascript:document.title=2', text, tags: ['<b>x</b>', 'y'] },
  ]
  fs.writeFileSync(path.join(folder, 'documents.json'), JSON.stringify(documents))
  try {
    inkling(
      'index',
      'documents.json',
      '--model',
      at('tests', 'data', 'tiny-quantized'),
      '--passage-tokens',
      '40',
      '--overlap',
      '8',
    )
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
    await expect(link).toHaveText(documents[0]?.title ?? '')
    await expect(link).toHaveAttribute('href', 'https://example.org/summit/sessions/1.html')
    await expect(page.locator('dd')).toHaveText('<b>x</b>, y')
    await expect(page).toHaveTitle(title)
    await expect(page.getByRole('complementary'), 'nothing to filter by').toHaveCount(0)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
