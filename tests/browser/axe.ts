/** What axe has to say of a page, as it is and in each way that visitors see it. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

export const DEVICES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } }

/** What axe finds on the page as it is, in a line each. */
export async function violations(page: Page): Promise<string[]> {
  // A panel comes in within a moment; half transparent colours are no state that anybody reads.
  await page.evaluate(() => {
    const ending = document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
    return Promise.allSettled(ending.map(({ finished }) => finished))
  })
  // Half a megabyte, which the page has from the time before.
  const isThere = await page.evaluate(() => 'axe' in globalThis)
  const axe = new AxeBuilder({ page, ...(isThere && { axeSource: ';' }) })
  // The other mode opens a page for each look, for frames of other origins. There are none. What is well is not told.
  const { violations } = await axe
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
  )
}

/**
 * What axe finds in light and dark colours on a desktop and on a phone, and what is wider than the window there. The page keeps the last
 * of these looks.
 */
export async function violationsInAllLooks(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const [device, viewport] of Object.entries(DEVICES)) {
    await page.setViewportSize(viewport)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wider > 0) found.push(`${device}: the page is ${wider} pixels wider than the window`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      found.push(...(await violations(page)).map((line) => `${device}, ${colorScheme}: ${line}`))
    }
  }
  return found
}
