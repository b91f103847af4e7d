/** The short form of `npm run soak`: memory and outcomes, no times. */
import { soak, TELL_MEMORY } from '../../scripts/soak.mjs'
import { expect, openBlank, test } from './site.js'

test('a search that is asked for long, at once, while documents are added, and made anew, answers all and keeps its memory', async ({
  page,
  site,
}) => {
  test.slow()
  site.alter = (path, body) => (path.endsWith('/worker.js') ? Buffer.concat([Buffer.from(TELL_MEMORY), body]) : body)
  await openBlank(page, site)
  const load = { queries: 600, together: 50, lives: 25, documents: 60 }
  const { wasm, milliseconds, ...outcome } = (await page.evaluate(
    `(${soak})(${JSON.stringify(site.url)}, ${JSON.stringify(load)})`,
  )) as Awaited<ReturnType<typeof soak>>
  expect(outcome).toMatchObject({ answered: 600, cancelled: 49, lived: 25, added: 60 })
  expect(outcome.last).toBeGreaterThan(0)
  expect(outcome.between).toBeGreaterThan(6)
  expect(milliseconds).toHaveLength(600)
  const [first = 0, afterAll = 0, firstAdded = 0, afterChanges = 0] = wasm
  expect(first).toBeGreaterThan(1e6)
  expect(afterAll).toBeLessThanOrEqual(first * 1.02)
  expect(afterChanges, 'sixty documents come and go').toBeLessThanOrEqual(firstAdded * 1.1)
  await expect.poll(() => page.workers().length).toBe(0)
})
