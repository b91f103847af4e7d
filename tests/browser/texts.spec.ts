/** Texts of strangers: shown as text, whatever they hold, each by itself, with marks on whole characters. */
import type { Page } from '@playwright/test'
import { expect, type SearchBox, test } from './box.js'

/** Every one of them is about quokkas. */
const DOCUMENTS = [
  {
    id: 'markup',
    title: '<script>broken=1</script> <img src=x onerror="broken=2"> quokka',
    text: '</mark><b>quokka</b> & <!-- co',
  },
  {
    id: 'override',
    title: 'quokka \u202egpj.exe',
    text: 'The quokka \u202e\u2067\u2066 was here',
    room: '\u202eA1',
    day: 'Monday',
  },
  { id: 'closing', title: 'quokka \u2069\u202c\u2069 isolates that were never opened', text: 'A quokka' },
  {
    id: 'invisible',
    title: 'quokka\u200b\u200d\ufeff and\u00ad nothing',
    text: 'A \u0000 quokka \u0007 with controls',
  },
  { id: 'surrogate', title: 'quokka \ud83d alone', text: 'Half \udc00 of a quokka' },
  { id: 'family', title: '👩‍👩‍👧‍👦 and a quokka 🇩🇪', text: '🇫🇷🇩🇪 quokka \u0301\u0323 with marks' },
  { id: 'stacked', title: `quokka${'\u0301'.repeat(100)} tower`, text: 'A quokka' },
  { id: 'hebrew', title: 'קווקה quokka היא חיה', text: 'quokka' },
  { id: 'huge', title: `quokka ${'<i>&amp;</i> '.repeat(80_000)}`, text: 'A huge title about a quokka' },
]

/** Puts an element of these attributes into the page, whose search has the documents as well, and asks it. */
async function askOfStrangers(box: SearchBox, page: Page, attributes: Record<string, string>): Promise<void> {
  await box.open()
  await page.evaluate(
    async ({ url, attributes, documents }) => {
      document.querySelector('inkling-search')!.remove()
      const element = document.createElement('inkling-search')
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
      element.openSearch = async (options) => {
        const { createSearch } = (await import(`${url}/inkling/index.js`)) as typeof import('inkling-search')
        const search = await createSearch(options)
        await search.add(documents)
        return search
      }
      document.querySelector('main, body')!.prepend(element)
    },
    { url: box.url, attributes: { src: 'search/', model: 'now', limit: '12', ...attributes }, documents: DOCUMENTS },
  )
  const input = page.locator('inkling-search input')
  await expect(input.first()).toBeVisible()
  if ('modal' in attributes) await page.evaluate(() => document.querySelector('inkling-search')!.open())
  await expect(input).toHaveCount('modal' in attributes ? 2 : 1)
  await input.last().fill('quokka')
  await expect(page.locator('.inkling-option .inkling-title').first()).toContainText('quokka')
}

for (const [where, attributes] of [
  ['the panel', {}],
  ['the results page', { results: '' }],
  ['the dialog', { modal: '' }],
] as [string, Record<string, string>][]) {
  test(`in ${where} they are text, isolated, and marked on whole characters`, async ({ box, page }) => {
    await askOfStrangers(box, page, { show: 'room day', ...attributes })
    await expect(page.locator('.inkling-option')).not.toHaveCount(0)
    const shown = await page.evaluate(() => {
      const options = [...document.querySelectorAll('.inkling-option')].filter((option) =>
        option.querySelector('.inkling-title'),
      )
      const characters = new Intl.Segmenter()
      const starts = (text: string) =>
        new Set([...characters.segment(text)].map(({ index }) => index).concat(text.length))
      const isolated = (part: Element) => getComputedStyle(part).unicodeBidi
      return options.map((option) => {
        const title = option.querySelector('.inkling-title')!
        const parts = [...option.querySelectorAll('.inkling-title, .inkling-passage, .inkling-facts > *')]
        const cut = parts.flatMap((part) => {
          const at = starts(part.textContent)
          let from = 0
          return [...part.childNodes].flatMap((node) => {
            const here = from
            from += node.textContent!.length
            return node.nodeName !== 'MARK' || (at.has(here) && at.has(from)) ? [] : [node.textContent]
          })
        })
        return {
          id: (option as HTMLElement).dataset.id,
          title: title.textContent,
          marks: [...option.querySelectorAll('mark')].map((mark) => mark.textContent),
          tags: [...new Set([...option.querySelectorAll('*')].map(({ localName }) => localName))].sort(),
          isolated: parts.map(isolated),
          cut,
        }
      })
    })
    expect(await page.evaluate(() => (globalThis as { broken?: number }).broken)).toBeUndefined()
    const strangers = shown.filter(({ id }) => DOCUMENTS.some((document) => document.id === id))
    expect(strangers.map(({ id }) => id).sort()).toEqual(DOCUMENTS.map(({ id }) => id).sort())
    for (const { id, tags, isolated, cut, marks, title } of strangers) {
      expect(
        tags.filter((tag) => !['span', 'mark', 'bdi'].includes(tag)),
        id,
      ).toEqual([])
      expect(
        isolated.filter((how) => !/isolate/.test(how)),
        id,
      ).toEqual([])
      expect(cut, id).toEqual([])
      expect(marks.length, id).toBeGreaterThan(0)
      for (const mark of marks) expect(mark, id).toMatch(/^quokka/)
      expect(title.length, id).toBeLessThan(1500)
    }
    const titleOf = (id: string) => strangers.find((hit) => hit.id === id)!.title
    expect(titleOf('markup')).toBe(DOCUMENTS[0]!.title)
    expect(titleOf('override')).toBe(DOCUMENTS[1]!.title)
    expect(titleOf('surrogate')).toBe('quokka \ufffd alone')
  })
}

test('offsets are right to the code unit, behind whatever comes before them', async ({ box, page }) => {
  await box.open()
  const found = await page.evaluate(
    async ({ url, documents }) => {
      const { createSearch } = (await import(`${url}/inkling/index.js`)) as typeof import('inkling-search')
      const search = await createSearch({ url: `${url}/search/` })
      await search.add(documents)
      const { hits } = await search.query('quokka', { limit: 20 })
      search.dispose()
      return hits.map(({ id, title, passage, matches, titleMatches }) => ({
        id,
        title: titleMatches.map(([from, to]) => title.slice(from, to)),
        passage: matches.map(([from, to]) => passage.text.slice(from, to)),
        cut: passage,
      }))
    },
    { url: box.url, documents: DOCUMENTS },
  )
  const strangers = found.filter(({ id }) => DOCUMENTS.some((document) => document.id === id))
  expect(strangers).toHaveLength(DOCUMENTS.length)
  for (const { id, title, passage, cut } of strangers) {
    const { text } = DOCUMENTS.find((document) => document.id === id)!
    expect(cut.text, id).toBe(text.replace(/\p{Surrogate}/gu, '\ufffd').slice(cut.start, cut.end))
    for (const mark of [...title, ...passage]) expect(mark, id).toMatch(/^quokka(\u0301|\u200b|\u200d|\ufeff)*$/)
    expect(title.length, id).toBeGreaterThan(0)
  }
})
