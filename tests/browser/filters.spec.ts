import type { Page } from '@playwright/test'
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
      await search.modelReady
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
  await page.getByRole('button', { name: /^Monday/ }).click()
  await expect(demo.status).toHaveText('The best 10 of 58 sessions')
  const starts = sessions
    .filter(({ day }) => day === 'Monday')
    .map(({ start }) => start)
    .sort()
  const shown = (await demo.ids()).map((id) => sessions.find((session) => session.id === id)!)
  expect(shown.map(({ start }) => start)).toEqual(starts.slice(0, 10))
  await page.getByRole('button', { name: /^Show (more|all)/ }).click()
  await expect(demo.cards).toHaveCount(30)
})

test('filters narrow an answer, stand in the address, and Back takes them away again', async ({ page, site }) => {
  const demo = await Demo.ready(page, site.url)
  await demo.ask('Health Analytics?')
  const pill = (of: Page, value: string) => of.getByRole('group').getByRole('button', { name: value })
  const count = async (value: string) => (await pill(page, value).locator('.inkling-count').innerText()).trim()
  const monday = await count('Monday')
  await pill(page, 'Monday').click()
  await expect(demo.status).toContainText(`${monday} sessions`)
  const both = Number(await count('introductory'))
  expect(both).toBeLessThan(Number(monday))
  await pill(page, 'introductory').click()
  await expect(demo.status).toContainText(both === 1 ? '1 session' : `${both} sessions`)
  await expect(page).toHaveURL(/q=Health\+Analytics%3F&day=Monday&level=introductory$/)
  await expect(demo.cards).toHaveCount(Math.min(both, 10))
  for (const id of await demo.ids())
    expect(sessions.find((session) => session.id === id)).toMatchObject({ day: 'Monday', level: 'introductory' })

  const shared = new Demo(await page.context().newPage())
  await shared.page.goto(page.url())
  await shared.answerTo('Health Analytics?', 'hybrid', Math.min(both, 3))
  expect(await shared.ids()).toEqual(await demo.ids())
  await expect(pill(shared.page, 'Monday')).toHaveAttribute('aria-pressed', 'true')
  const counts = async (of: Demo) =>
    (await of.page.locator(':is([data-field=day], [data-field=level]) .inkling-filter').allInnerTexts()).sort()
  expect(await counts(shared), 'the counts of who opens the address').toEqual(await counts(demo))

  const [narrow, ids] = [await counts(demo), await demo.ids()]
  await page.goBack()
  await expect(demo.status).toContainText(`${monday} sessions`)
  await page.goForward()
  await expect(pill(page, 'introductory')).toHaveAttribute('aria-pressed', 'true')
  await expect(demo.status).toContainText(both === 1 ? '1 session' : `${both} sessions`)
  expect([await counts(demo), await demo.ids()]).toEqual([narrow, ids])
  await page.goBack()
  await expect(pill(page, 'introductory')).toHaveAttribute('aria-pressed', 'false')
  await expect(pill(page, 'Monday')).toHaveAttribute('aria-pressed', 'true')
  await pill(page, 'Monday').click()
  await expect(page).toHaveURL(/\?q=Health\+Analytics%3F$/)
})

test('an address with a filter that no session has says so and offers a way out', async ({ page, site }) => {
  await page.goto(`${site.url}/?q=dashboards&day=Sunday`)
  await expect(page.getByText('Nothing in the programme comes close to “dashboards”')).toBeVisible()
  await page.getByRole('button', { name: 'Search without filters' }).click()
  await new Demo(page).answerTo('dashboards')
})
