import { Demo, expect, openBlank, type Package, sessions, test } from './site.js'

test('similar sessions are found with the model blocked', async ({ page, site }) => {
  await page.route('**/search/model/**', () => {})
  await openBlank(page, site)
  const alike = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const of: Record<string, { id: string; cosine: number }[]> = {}
    for (const id of ['health-analytics-primer', 'gdpr-erase', 'why-we-left']) of[id] = await search.similar(id, { limit: 5 })
    const three = (await search.similar('gdpr-erase')).length
    search.dispose()
    return { of, three }
  }, site.url)
  expect(alike.three).toBe(3)
  for (const [id, hits] of Object.entries(alike.of)) {
    expect(hits).toHaveLength(5)
    expect(hits.map((hit) => hit.id)).not.toContain(id)
    const cosines = hits.map(({ cosine }) => cosine)
    expect(cosines).toEqual([...cosines].sort((a, b) => b - a))
    expect(cosines[0]).toBeGreaterThan(0.3)
  }
  const track = (id: string) => sessions.find((session) => session.id === id)?.track
  const near = alike.of['health-analytics-primer']!.map(({ id }) => track(id))
  expect(near.filter((name) => name === 'Health Analytics').length, near.join()).toBeGreaterThanOrEqual(3)
})

test('a card shows sessions like it in place, and there is a way back to the same answer', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  const answer = await demo.ask('Health Analytics?')
  const title = await demo.cards.nth(1).getByRole('heading').innerText()
  await demo.cards.nth(1).getByRole('button', { name: 'Similar sessions' }).click()
  const heading = page.getByRole('heading', { name: `Similar to ${title}` })
  await expect(heading).toBeFocused()
  await expect(demo.cards).toHaveCount(3)
  expect(await demo.ids()).not.toContain(answer[1])
  await expect(page).toHaveURL(/similar=/)

  await page.getByRole('button', { name: 'Back' }).click()
  expect(await demo.answerTo('Health Analytics?')).toEqual(answer)
  await expect(demo.cards.nth(1).getByRole('button', { name: 'Similar sessions' })).toBeFocused()
  await expect(page).toHaveURL(/\?q=Health\+Analytics%3F$/)
})

test('an address of similar sessions can be shared, and one of an unknown session leads to the question', async ({ page, site }) => {
  const demo = new Demo(page)
  await page.goto(`${site.url}/?similar=gdpr-erase`)
  await expect(page.getByRole('heading', { name: 'Similar to Forget Me Everywhere' })).toBeVisible()
  await expect(demo.cards).toHaveCount(3)
  await page.getByRole('button', { name: 'Back' }).click()
  await expect(demo.cards).toHaveCount(0)

  await page.goto(`${site.url}/?q=dashboards&similar=no-such-session`)
  await demo.answerTo('dashboards')
  await expect(page).toHaveURL(/\?q=dashboards$/)
})
