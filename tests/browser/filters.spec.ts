import type * as Inkling from 'inkling-search'
import { Demo, expect, openBlank, type Package, type Session, sessions, test } from './site.js'

const FIELDS = ['day', 'track', 'level'] as const

/** Whether a session has one of the listed values in every listed field. */
const passes = (session: Session, filters: Inkling.Filters, except?: string) =>
  Object.entries(filters).every(([field, values]) => field === except || values.includes(session[field as 'day']))

/** Counts a field's values by brute force. */
function countOf(of: Session[], field: 'day' | 'track' | 'level'): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const session of of) counts[session[field]] = (counts[session[field]] ?? 0) + 1
  return counts
}

const FILTERS: Inkling.Filters[] = [
  { day: ['Monday'] },
  { day: ['Monday', 'Tuesday'] },
  { track: ['Health Analytics', 'Visualization'] },
  { day: ['Tuesday'], track: ['Data Engineering'], level: ['intermediate', 'advanced'] },
  { level: ['advanced'], day: ['Monday'] },
  { day: ['Sunday'] },
  { track: [] },
]

test('filters let no wrong session through, drop no right one, and counts are those of brute force', async ({
  page,
  site,
}) => {
  await openBlank(page, site)
  const texts = ['', 'health', 'how do I keep my best people from leaving?', 'dashboards']
  const rows = await page.evaluate(
    async ({ url, texts, FILTERS, FIELDS }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/` })
      await search.semantic
      const rows = []
      for (const text of texts) {
        const all = await search.query(text, { limit: 1000, ...(text ? {} : { sort: 'start' }) })
        for (const filters of FILTERS) {
          const { hits, found, facets } = await search.query(text, { limit: 1000, filters, facets: FIELDS })
          rows.push({ text, all: all.hits.map(({ id }) => id), filters, ids: hits.map(({ id }) => id), found, facets })
        }
      }
      search.dispose()
      return rows
    },
    { url: site.url, texts, FILTERS, FIELDS },
  )

  expect(rows).toHaveLength(texts.length * FILTERS.length)
  for (const { text, all, filters, ids, found, facets } of rows) {
    const about = `${text || '(all)'} ${JSON.stringify(filters)}`
    const close = sessions.filter(({ id }) => all.includes(id))
    const right = close.filter((session) => passes(session, filters))
    expect([...ids].sort(), about).toEqual(right.map(({ id }) => id).sort())
    expect(found, about).toBe(ids.length)
    for (const field of FIELDS) {
      const counted = Object.fromEntries(facets[field]!.map(({ value, count }) => [value, count]))
      expect(counted, `${about}: ${field}`).toEqual(
        countOf(
          close.filter((session) => passes(session, filters, field)),
          field,
        ),
      )
    }
  }
  expect(rows.filter(({ text, all }) => !text && all.length === sessions.length)).toHaveLength(FILTERS.length)
})

test('without a question a filter shows the sessions in order of time', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await page.getByRole('checkbox', { name: 'Monday' }).check()
  await expect(demo.status).toContainText('58 sessions, in order of time')
  await expect(demo.cards).toHaveCount(10)
  const starts = sessions
    .filter(({ day }) => day === 'Monday')
    .map(({ start }) => start)
    .sort()
  const shown = (await demo.ids()).map((id) => sessions.find((session) => session.id === id)!)
  expect(shown.map(({ start }) => start)).toEqual(starts.slice(0, 10))
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect(demo.cards).toHaveCount(20)
})

test('filters narrow an answer, stand in the address, and Back takes them away again', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  const count = (value: string) => page.locator('fieldset label', { hasText: value }).locator('.count').innerText()
  const monday = await count('Monday')
  await page.getByRole('checkbox', { name: 'Monday' }).check()
  await expect(demo.status).toContainText(`${monday} sessions`)
  const both = Number(await count('Introductory'))
  expect(both).toBeLessThan(Number(monday))
  await page.getByRole('checkbox', { name: 'Introductory' }).check()
  await expect(demo.status).toContainText(both === 1 ? '1 session ' : `${both} sessions`)
  await expect(page).toHaveURL(/q=Health\+Analytics%3F&day=Monday&level=introductory$/)
  const shown = Math.min(both, 3)
  await expect(demo.cards).toHaveCount(shown)
  for (const id of await demo.ids())
    expect(sessions.find((session) => session.id === id)).toMatchObject({ day: 'Monday', level: 'introductory' })

  const shared = new Demo(await page.context().newPage())
  await shared.page.goto(page.url())
  expect(await shared.answerTo('Health Analytics?', 'hybrid', shown)).toEqual(await demo.ids())
  await expect(shared.page.getByRole('checkbox', { name: 'Monday' })).toBeChecked()
  const counts = (of: Demo) => of.page.locator('fieldset .count').allInnerTexts()
  expect(await counts(shared), 'the counts of who opens the address').toEqual(await counts(demo))

  const [narrow, ids] = [await counts(demo), await demo.ids()]
  await page.goBack()
  await expect(demo.status).toContainText(`${monday} sessions`)
  await page.goForward()
  await expect(page.getByRole('checkbox', { name: 'Introductory' })).toBeChecked()
  await expect(demo.status).toContainText(both === 1 ? '1 session ' : `${both} sessions`)
  expect([await counts(demo), await demo.ids()]).toEqual([narrow, ids])
  await page.goBack()
  await expect(page.getByRole('checkbox', { name: 'Introductory' })).not.toBeChecked()
  await expect(page.getByRole('checkbox', { name: 'Monday' })).toBeChecked()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(page).toHaveURL(/\?q=Health\+Analytics%3F$/)
  await expect(page.getByRole('checkbox', { name: 'Monday' })).toBeFocused()
})

test('an address with a filter that no session has says so and offers a way out', async ({ page, site }) => {
  await page.goto(`${site.url}/?q=dashboards&day=Sunday`)
  await expect(page.getByRole('heading', { name: 'Among the sessions you filtered' })).toBeVisible()
  await page.getByRole('button', { name: 'Search without filters' }).click()
  await new Demo(page).answerTo('dashboards')
})
