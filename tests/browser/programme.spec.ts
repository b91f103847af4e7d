import fs from 'node:fs'
import type { Page } from '@playwright/test'
import { violations, violationsInAllLooks } from './axe.js'
import { hold } from './box.js'
import { Demo, expect, sessions, test } from './site.js'

const DEVICES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}

/** The calendar file that the button of a page saves. */
async function savedCalendar(page: Page): Promise<string> {
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save for my calendar' }).click()
  return fs.readFileSync(await (await downloading).path(), 'utf8')
}

test('axe finds nothing to complain about in a session, the map, the agenda and the panel of figures, and nothing is wider than the window', async ({
  page,
  site,
}) => {
  await page.addInitScript(() => localStorage.setItem('northlight-agenda', '["gdpr-erase","uncertainty-cones"]'))
  for (const [address, shown] of [
    ['?session=gdpr-erase', '.similar-list .row'],
    ['?view=map&q=health', '.point.best'],
    ['?view=agenda', '.clash'],
  ] as const) {
    await page.goto(`${site.url}/${address}`)
    await expect(page.locator(shown).first()).toBeVisible()
    for (const summary of address.includes('map') ? await page.locator('summary').all() : []) await summary.click()
    expect(await violationsInAllLooks(page), address).toEqual([])
  }
})

for (const [device, settings] of Object.entries(DEVICES)) {
  test.describe(`on a ${device}`, () => {
    test.use(settings)

    test('a session has a page of its own with sessions like it, reached by link, and Back leads to the answer', async ({
      page,
      site,
    }) => {
      const demo = await Demo.ready(page, site.url)
      const answer = await demo.ask('Health Analytics?')
      const session = sessions.find(({ id }) => id === answer[1])!
      await demo.cards.nth(1).getByRole('link', { name: session.title }).click()
      await expect(page.getByRole('heading', { level: 1, name: session.title })).toBeFocused()
      await expect(page).toHaveURL(new RegExp(`\\?session=${session.id}$`))
      await expect(page).toHaveTitle(`${session.title} – Northlight`)
      await expect(page.locator('.abstract')).toHaveText(session.abstract)
      await expect(page.locator('.similar-list .row')).toHaveCount(4)
      await page.goBack()
      expect(await demo.answerTo('Health Analytics?')).toEqual(answer)
    })

    test('on the map the hits are highlighted, arrow keys move to a neighbour, and Enter opens its page', async ({
      page,
      site,
    }) => {
      await page.goto(`${site.url}/?view=map&q=Health+Analytics%3F`)
      await expect(page.locator('.point')).toHaveCount(sessions.length)
      await expect(page.locator('.point.best')).toHaveCount(3)
      expect(await page.locator('.point.lit').count()).toBeLessThan(sessions.length)
      await expect(page.locator('.point[tabindex="0"]')).toHaveCount(1)
      const first = page.locator('.point[tabindex="0"]')
      await first.focus()
      const from = await first.getAttribute('data-id')
      await page.keyboard.press('ArrowRight')
      const next = page.locator('.point:focus')
      const label = (await page.locator('.map .label').boundingBox())!
      const point = (await next.boundingBox())!
      expect(Math.abs(label.y + label.height / 2 - point.y - point.height / 2)).toBeLessThan(80)
      expect(label.x).toBeGreaterThanOrEqual(0)
      expect(label.x + label.width).toBeLessThanOrEqual(page.viewportSize()!.width)
      const id = await next.getAttribute('data-id')
      expect(id).not.toBe(from)
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(new RegExp(`\\?session=${id}$`))
    })

    test('the agenda outlives a reload, shows clashes, and is saved as a calendar file', async ({ page, site }) => {
      const all = sessions as ((typeof sessions)[number] & { end: string })[]
      const [a, b] = all.flatMap((one) =>
        all
          .filter((two) => two.id > one.id && two.start < one.end && one.start < two.end)
          .map((two) => [one, two] as const),
      )[0]!
      await page.goto(`${site.url}/?session=${a.id}`)
      await page.getByRole('button', { name: 'My agenda: ' }).click()
      await page.goto(`${site.url}/?session=${b.id}`)
      await expect(page.locator('.clash')).toHaveText(`At the same time on your agenda: ${a.title}`)
      await page.getByRole('button', { name: 'My agenda: ' }).click()
      await page.goto(`${site.url}/?view=agenda`)
      await expect(page.locator('.row')).toHaveCount(2)
      await expect(page.locator('.overlap .row')).toHaveCount(2)
      await expect(page.locator('.clash')).toHaveText('These two overlap: pick one.')
      const text = await savedCalendar(page)
      expect(text.match(/BEGIN:VEVENT\r\n/g)).toHaveLength(2)
      expect(text).toContain(`DTSTART;TZID=Europe/Oslo:${a.start.replace(/[-:]/g, '')}00\r\n`)
    })

    test('a session is saved as a calendar file of its own, with a link back to its page', async ({ page, site }) => {
      const session = sessions.find(({ id }) => id === 'gdpr-erase')!
      await page.goto(`${site.url}/?session=${session.id}`)
      const text = (await savedCalendar(page)).replaceAll('\r\n ', '')
      expect(text.match(/BEGIN:VEVENT\r\n/g)).toHaveLength(1)
      expect(text).toContain(`SUMMARY:${session.title}\r\n`)
      expect(text).toContain(`URL:${site.url}/?session=${session.id}\r\n`)
    })

    test('clearing the agenda empties it for good, and the heading has the focus', async ({ page, site }) => {
      await page.goto(site.url)
      await page.evaluate(() => localStorage.setItem('northlight-agenda', '["drift-keynote","gdpr-erase"]'))
      await page.goto(`${site.url}/?view=agenda`)
      await expect(page.getByRole('link', { name: 'My agenda (2)' })).toBeVisible()
      await page.getByRole('button', { name: 'Clear my agenda' }).click()
      await expect(page.getByText('Nothing yet')).toBeVisible()
      await expect(page.getByRole('heading', { name: 'My agenda' })).toBeFocused()
      await expect(page.getByRole('link', { name: 'My agenda', exact: true })).toBeVisible()
      await page.reload()
      await expect(page.getByText('Nothing yet')).toBeVisible()
    })

    test('an address of a session that there is not says so and leads to the search', async ({ page, site }) => {
      await page.goto(`${site.url}/?session=no-such-session`)
      await expect(page.getByRole('heading', { level: 1, name: 'No such session' })).toBeVisible()
      expect(await violations(page)).toEqual([])
      await page.getByRole('button', { name: 'Back' }).click()
      await expect(page.getByRole('searchbox')).toBeVisible()
      await expect(page).toHaveURL(new RegExp(`^${site.url}/\\??$`))
    })
  })
}

test('the agenda keeps the focus when the index comes after it', async ({ page, site }) => {
  await page.addInitScript(() => (localStorage['northlight-agenda'] ??= '["drift-keynote"]'))
  const release = await hold(page, '**/search/manifest.json*')
  await page.goto(`${site.url}/?view=agenda`)
  await page.getByRole('button', { name: 'Clear my agenda' }).click()
  const heading = page.getByRole('heading', { name: 'My agenda' })
  await expect(heading).toBeFocused()
  release()
  await expect(page.locator('body')).toHaveAttribute('data-meaning', 'ready')
  await expect(heading).toBeFocused()
})

test('a damaged or refused store leaves an agenda that works', async ({ page, site }) => {
  await page.addInitScript(() => {
    localStorage.setItem('northlight-agenda', '{"broken')
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
  })
  await page.goto(`${site.url}/?session=gdpr-erase`)
  await page.getByRole('button', { name: 'My agenda: ' }).click()
  await page.getByRole('link', { name: 'My agenda' }).click()
  await expect(page.locator('.row')).toHaveCount(1)
  await expect(page.getByText('does not let the page store it')).toBeVisible()
  await page.getByRole('button', { name: 'My agenda: ' }).click()
  await expect(page.getByRole('heading', { name: 'My agenda' })).toBeFocused()
  await expect(page.getByText('Nothing yet')).toBeVisible()
})

test('the panel tells backend and why, kernel, the time of each step and the bytes loaded', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  await page.getByText('Under the hood').click()
  const panel = page.locator('#panel dl')
  await expect(panel).toContainText(/Backend\s*cpu/)
  await expect(panel).toContainText(/Why\s*(the GPU is tried with many texts|this browser has no WebGPU)/)
  await expect(panel).toContainText(/Kernel\s*(relaxed-simd|simd128)/)
  await expect(panel).toContainText(/Meaning\s*[\d.]+ ms/)
  await expect(panel).toContainText(/From the site\s*[345]\.\d\d MB/)
})
