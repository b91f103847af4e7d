import { expect, openBlank, type Package, sessions, test } from './site.js'

test('similar sessions are found with the model blocked', async ({ page, site }) => {
  await page.route('**/search/model/**', () => {})
  await openBlank(page, site)
  const alike = await page.evaluate(async (url) => {
    const { createSearch }: Package = await import(`${url}/inkling/index.js`)
    const search = await createSearch({ url: `${url}/search/` })
    const of: Record<string, { id: string; cosine: number }[]> = {}
    for (const id of ['health-analytics-primer', 'gdpr-erase', 'why-we-left'])
      of[id] = await search.similar(id, { limit: 5 })
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
