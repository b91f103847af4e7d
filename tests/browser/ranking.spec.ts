import fs from 'node:fs'
import type { Page } from '@playwright/test'
import type * as Inkling from 'inkling-search'
import { Demo, expect, gradedQueries, gradedQuery, openBlank, type Package, sessions, test } from './site.js'

/** Asks the package itself on an otherwise empty page, the model loaded. */
async function answers(
  page: Page,
  site: { url: string },
  texts: string[],
  options: Inkling.QueryOptions = {},
): Promise<Inkling.QueryResult[]> {
  await openBlank(page, site)
  return page.evaluate(
    async ({ url, texts, options }) => {
      const { createSearch }: Package = await import(`${url}/inkling/index.js`)
      const search = await createSearch({ url: `${url}/search/` })
      await search.modelReady
      const results: Inkling.QueryResult[] = []
      for (const text of texts) results.push(await search.query(text, options))
      search.dispose()
      return results
    },
    { url: site.url, texts, options },
  )
}

const ids = ({ hits }: Inkling.QueryResult) => hits.map(({ id }) => id)

test('"Health Analytics?" is answered by three sessions that are all graded best', async ({ page, site }) => {
  const { query, relevant } = gradedQuery('q01')
  expect(query).toBe('Health Analytics?')
  const demo = await Demo.ready(page, site.url)
  const found = await demo.ask(query)
  expect(found.map((id) => relevant[id])).toEqual([3, 3, 3])
})

test('at least 95 of 100 graded queries have a fitting session among their three hits', async ({ page, site }) => {
  const results = await answers(
    page,
    site,
    gradedQueries.map(({ query }) => query),
  )
  const missed = gradedQueries.filter(({ relevant }, i) => !ids(results[i]!).some((id) => (relevant[id] ?? 0) > 0))
  const success = 1 - missed.length / gradedQueries.length
  console.log(
    `success@3 in the browser: ${success.toFixed(3)} over ${gradedQueries.length} queries; missed: ${missed.map(({ query }) => query).join(' | ') || 'none'}`,
  )
  expect(gradedQueries).toHaveLength(84)
  expect(success).toBeGreaterThanOrEqual(0.95)
})

test('every question that the page suggests has a best-graded session first and none without a grade among its three hits', async ({
  page,
  site,
}) => {
  await page.goto(site.url)
  const suggested = await page.getByRole('list', { name: 'Questions to try' }).getByRole('link').allInnerTexts()
  expect(suggested.length).toBeGreaterThanOrEqual(5)
  const results = await answers(page, site, suggested)
  for (const [i, text] of suggested.entries()) {
    const graded = gradedQueries.find(({ query }) => query === text)
    const grades = ids(results[i]!).map((id) => graded?.relevant[id] ?? 0)
    expect(grades[0], `${text}: ${ids(results[i]!)}`).toBe(3)
    expect(Math.min(...grades), `${text}: ${ids(results[i]!)}`).toBeGreaterThan(0)
  }
})

test('the picture in the README shows a question whose answer has no word of it', async ({ page, site }) => {
  const readme = fs.readFileSync('README.md', 'utf8')
  const [, question = '', title = ''] = /!\[The question "(.+)", answered by "(.+)"\]/.exec(readme) ?? []
  const [result] = await answers(page, site, [question])
  expect(result!.hits[0]!.title).toBe(title)
  const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const { speakers, ...session } = sessions.find((session) => session.title === title)!
  const found = new Set(words([...Object.values(session), ...speakers].join(' ')))
  expect(words(question).filter((word) => found.has(word))).toEqual([])
})

test('the name of every speaker finds a session of that speaker, nearly always first', async ({ page, site }) => {
  const names = [...new Set(sessions.flatMap(({ speakers }) => speakers))]
  const results = await answers(page, site, names)
  const speakers = (id: string) => sessions.find((session) => session.id === id)?.speakers ?? []
  const ranks = names.map((name, i) => ids(results[i]!).findIndex((id) => speakers(id).includes(name)))
  const late = names.filter((_, i) => ranks[i] !== 0)
  console.log(
    `speakers found first: ${names.length - late.length} of ${names.length}; later: ${late.join(' | ') || 'none'}`,
  )
  expect(names.length).toBeGreaterThan(100)
  expect(names.filter((_, i) => ranks[i] === -1)).toEqual([])
  expect(late.length / names.length).toBeLessThan(0.08)
  for (const { query, relevant } of gradedQueries.filter(({ kind }) => kind === 'name')) {
    const [answer] = await answers(page, site, [query])
    expect(relevant[ids(answer!)[0]!], query).toBeGreaterThan(0)
  }
})

test('what no session is about finds nothing, unless the nearest ones are wanted', async ({ page, site }) => {
  const nonsense = ['xkjhgfd qwrtz', 'zzzzzz', 'qqq www', '%%%', '']
  for (const { hits, found } of await answers(page, site, nonsense))
    expect({ hits, found }).toEqual({ hits: [], found: 0 })
  const [nearest] = await answers(page, site, ['xkjhgfd qwrtz'], { minScore: 0 })
  expect(nearest?.hits).toHaveLength(3)
  for (const { score } of nearest?.hits ?? []) expect(score).toBeLessThan(0.2)
})

test('a misspelt question is answered as if it were spelt right, and the page says how it was read', async ({
  page,
  site,
}) => {
  const { relevant } = gradedQueries.find(({ query }) => query === 'slary diffrences men and woman')!
  const demo = await Demo.ready(page, site.url)
  const [first] = await demo.ask('slary diffrences men and woman')
  expect(relevant[first!]).toBe(3)
  await expect(demo.status).toContainText('Read as “salary differences men and woman”.')
  await demo.ask('salary differences men and woman')
  await expect(demo.status).not.toContainText('Read as')
})

test('scores are between 0 and 1 and fall with the rank of a clear question', async ({ page, site }) => {
  const [close, off] = await answers(page, site, ['Health Analytics?', 'wind in the willows'], { minScore: 0 })
  for (const { hits } of [close!, off!]) for (const { score } of hits) expect(score >= 0 && score <= 1).toBe(true)
  expect(close!.hits[0]!.score).toBeGreaterThan(0.6)
  expect(off!.hits[0]!.score).toBeLessThan(close!.hits[0]!.score)
})

test('words in quotes stand together, and a word after a minus is not there', async ({ page, site }) => {
  const text = ({ title, abstract }: (typeof sessions)[number]) => `${title} ${abstract}`.toLowerCase()
  const of = (id: string) => sessions.find((session) => session.id === id)!
  const [phrase, without] = await answers(page, site, ['"data quality"', 'dashboards -hospital'], {
    limit: 200,
    mode: 'lexical',
  })
  expect(ids(phrase!).length).toBeGreaterThan(0)
  for (const id of ids(phrase!)) expect(`${text(of(id))}`, id).toMatch(/data[^a-z]+quality/)
  expect(ids(without!).length).toBeGreaterThan(0)
  for (const id of ids(without!)) expect(text(of(id)), id).not.toMatch(/\bhospital\b/)

  const [hybridPhrase, hybridWithout] = await answers(page, site, [
    '"differential privacy"',
    'Health Analytics -hospital',
  ])
  expect(text(of(ids(hybridPhrase!)[0]!))).toContain('differential privacy')
  for (const id of ids(hybridWithout!)) expect(text(of(id)), id).not.toMatch(/\bhospital\b/)
})

test('nothing close is said in a friendly way, with questions to try and the nearest on demand', async ({
  page,
  site,
}) => {
  const demo = await Demo.ready(page, site.url)
  await demo.query.fill('xkjhgfd qwrtz')
  await expect(page.getByText('Nothing in the programme comes close to “xkjhgfd qwrtz”')).toBeVisible()
  await expect(demo.cards).toHaveCount(0)
  await page.getByRole('button', { name: 'Show the nearest anyway' }).click()
  await demo.answerTo('xkjhgfd qwrtz')
  await expect(page.getByText('Nothing matches well')).toBeVisible()

  await demo.query.fill('qwrtz')
  await expect(demo.cards).toHaveCount(0)
  await page.getByRole('button', { name: 'Health Analytics?' }).click()
  await demo.answerTo('Health Analytics?')
  await expect(demo.query).toHaveValue('Health Analytics?')
})

test('each question to try begins with a session that answers it best, and shows none that does not answer it', async ({
  page,
  site,
}) => {
  const demo = await Demo.ready(page, site.url)
  const questions = await page.locator('#examples a').allTextContents()
  expect(questions).toHaveLength(6)
  for (const question of questions) {
    const { relevant } = gradedQueries.find(({ query }) => query === question)!
    await demo.query.fill(question)
    await expect(page.locator(`#results[data-question=${JSON.stringify(question)}][data-mode=hybrid]`)).toBeVisible()
    const grades = (await demo.ids()).slice(0, 3).map((id) => relevant[id] ?? 0)
    expect(grades[0], question).toBe(3)
    expect(grades, question).not.toContain(0)
  }
})
