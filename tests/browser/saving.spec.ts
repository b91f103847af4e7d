/** The demo for visitors who save data: words answer, and meaning is offered with its size. */
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { siteFolder } from '../../scripts/site.mjs'
import { violations } from './axe.js'
import { Demo, expect, keptWeights, test } from './site.js'

/** Asks Chromium itself to save data, as a visitor does in its settings. */
async function saveData(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page)
  await client.send('Emulation.setDataSaverOverride', { dataSaverEnabled: true })
}

/** What Chromium on a phone says of a mobile connection; on a desktop it does not know the kind of one. */
const cellular = (page: Page) =>
  page.addInitScript(() =>
    Object.defineProperty(navigator, 'connection', { value: { type: 'cellular', effectiveType: '4g' } }),
  )

const ofModel = (paths: string[]) => paths.filter((path) => path.startsWith('/search/model/'))

for (const [device, viewport, reason, emulate] of [
  ['desktop', { width: 1280, height: 900 }, 'who saves data', saveData],
  ['phone', { width: 390, height: 844 }, 'on a metered connection a visitor', cellular],
] as const) {
  test.describe(`on a ${device}`, () => {
    test.use({ viewport })

    test(`${reason} is answered by words, and meaning is fetched only once the button that tells its size is pressed`, async ({
      page,
      site,
    }) => {
      await emulate(page)
      const demo = new Demo(page)
      await page.goto(site.url)
      await demo.ask('dashboards', 'lexical')
      const offer = page.locator('.inkling-note').getByRole('button', { name: /^Turn on smart search \(3\sMB\)$/ })
      await expect(demo.status).toContainText('Keyword results.')
      await expect(offer).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
      expect(await violations(page)).toEqual([])

      // Where no session has such words the offer stays.
      await demo.query.fill('zzyzzyva')
      await expect(page.getByText('Nothing in the programme comes close to “zzyzzyva”')).toBeVisible()
      await expect(offer).toBeVisible()
      expect(ofModel(site.requests)).toEqual([])

      await demo.query.fill('throwing away less unsold food')
      await demo.answerTo('throwing away less unsold food', 'lexical', 1)
      await offer.click()
      await expect(demo.query).toBeFocused()
      expect(await demo.answerTo('throwing away less unsold food')).toHaveLength(3)
      await expect(offer).toHaveCount(0)
      expect(ofModel(site.requests).filter((path) => path.endsWith('weights.safetensors'))).toHaveLength(1)

      await keptWeights(page)
      // A model that the browser holds costs nothing: nobody is asked again.
      await page.goto(`${site.url}/?again`)
      await demo.waitUntilReady()
      expect(ofModel(site.requests).filter((path) => path.endsWith('weights.safetensors'))).toHaveLength(1)
    })
  })
}

test('a model that would take longer than twenty seconds at the rate at which it comes is fetched by those alone who ask for it', async ({
  page,
  site,
}) => {
  const weights = '/search/model/weights.safetensors'
  const bytes = fs.readFileSync(path.join(siteFolder, weights))
  let stopped = 0
  site.routes[weights] = (response) => {
    let at = 0
    // 60 KB a second.
    const timer = setInterval(() => response.write(bytes.subarray(at, (at += 6000))), 100)
    response.on('close', () => {
      clearInterval(timer)
      stopped++
    })
  }
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=dashboards`)
  await demo.answerTo('dashboards', 'lexical')
  const offer = page.locator('.inkling-note').getByRole('button', { name: /^Turn on smart search/ })
  await expect(offer).toBeVisible()
  await expect.poll(() => stopped).toBe(1)
  await demo.ask('hospital', 'lexical')
  await expect(offer).toBeVisible()
  delete site.routes[weights]
  await offer.click()
  await demo.answerTo('hospital')
})
