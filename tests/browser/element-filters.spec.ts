/** The values to filter by, of an index with fields of every kind. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { cli } from '../../scripts/site.mjs'
import { DEVICES } from './axe.js'
import { expect, type SearchBox, test } from './box.js'
import { TINY } from './tiny.js'

/** Documents in nine rooms on three days, one of which alone is about apples. */
const documents = Array.from({ length: 27 }, (_, at) => ({
  id: `${at}`,
  title: at === 26 ? 'Apples' : `Pears, part ${at + 1}`,
  text: at === 26 ? 'Of apples and their trees.' : 'Of pears and their trees.',
  event: 'Orchard days',
  date: ['2025-02-10', '2025-02-09', '2025-11-01'][at % 3],
  room: `Room ${Math.floor(at / 3) + 1}`,
  seats: at % 2 ? 12500 : 900,
}))

/** Opens a page whose search is in these documents, by words alone. */
async function openOrchard(box: SearchBox, page: Page, attributes: string, lang = 'en'): Promise<void> {
  const file = path.join(box.folder, 'orchard.json')
  fs.writeFileSync(file, JSON.stringify(documents))
  execFileSync(cli, ['index', file, ...TINY, '--out', path.join(box.folder, 'orchard')], { stdio: 'ignore' })
  await box.open({ form: '', lang, attributes: `model="ask" ${attributes}` })
  await page.evaluate(() => (document.querySelector('inkling-search')!.src = 'orchard/'))
}

const group = (page: Page, field: string) => page.locator(`.inkling-group[data-field=${field}]`)
const pills = (page: Page, field: string) => group(page, field).locator('.inkling-filter')
/** What stands on the buttons of a field: values and counts. */
const texts = (page: Page, field: string) =>
  pills(page, field).evaluateAll((pills) => pills.map((pill) => pill.textContent.replace(/\s+/g, ' ')))

for (const [device, viewport] of Object.entries(DEVICES)) {
  for (const attributes of ['', 'results']) {
    test.describe(`on a ${device}, ${attributes ? 'on a page of results' : 'in a panel'}`, () => {
      test.use({ viewport })

      test('a field of one value is not shown, and days and numbers are in their order and as the language writes them', async ({
        box,
        page,
      }) => {
        await openOrchard(box, page, `filters="event date seats" ${attributes}`)
        await box.page.getByRole(attributes ? 'searchbox' : 'combobox').fill('trees')
        await expect(pills(page, 'date')).toHaveText([
          /9 Feb 2025|Feb 9, 2025/,
          /10 Feb 2025|Feb 10, 2025/,
          /1 Nov 2025|Nov 1, 2025/,
        ])
        expect(await texts(page, 'seats')).toEqual(['900 14', '12,500 13'])
        await expect(group(page, 'event')).toBeHidden()
        expect(await box.violations()).toEqual([])
      })

      test('all values of a field can be reached, those of the whole index, and those that find something come first', async ({
        box,
        page,
      }) => {
        await openOrchard(box, page, `filters="room" ${attributes}`)
        const input = box.page.getByRole(attributes ? 'searchbox' : 'combobox')
        await input.fill('apples')
        await expect.poll(() => texts(page, 'room')).toHaveLength(6)
        const [first, ...others] = await texts(page, 'room')
        expect(first).toBe('Room 9 1')
        for (const other of others) expect(other).toMatch(/^Room [1-8] 0$/)
        await group(page, 'room').getByRole('button', { name: 'All 9' }).click()
        await expect(pills(page, 'room')).toHaveCount(9)
        await expect(group(page, 'room').getByRole('button', { name: 'Fewer' })).toBeFocused()
        expect(await box.violations()).toEqual([])
        // Who goes on typing has the same values, with the counts of the new answer.
        await input.fill('pears')
        await expect
          .poll(async () => (await texts(page, 'room')).sort())
          .toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((room) => `Room ${room} 3`).concat('Room 9 2'))
        await group(page, 'room').getByRole('button', { name: 'Fewer' }).click()
        await expect(pills(page, 'room')).toHaveCount(6)
      })
    })
  }
}

test('in German numbers and days are written as Germans do', async ({ box, page }) => {
  await openOrchard(box, page, 'filters="date seats"', 'de')
  await page.getByRole('combobox').fill('trees')
  await expect(pills(page, 'date').first()).toContainText('9. Feb. 2025')
  expect(await texts(page, 'seats')).toEqual(['900 14', '12.500 13'])
})
