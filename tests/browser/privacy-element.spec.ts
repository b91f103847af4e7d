/** What the element asks of networks, and what it leaves in the browser: the table of docs/security.md. */
import { expect, test } from './box.js'

for (const [attributes, keys] of [
  ['', ['inkling-recent:search/']],
  ['recent="off"', []],
] as const) {
  test(`the element asks its own folders alone and stores what is documented: <inkling-search ${attributes}>`, async ({
    box,
    page,
    context,
  }) => {
    const asked: { url: string; sent: string | null }[] = []
    context.on('request', (request) => asked.push({ url: request.url(), sent: request.postData() }))
    await box.open({ attributes: `filters="day" ${attributes}` })
    await page.evaluate(() => document.addEventListener('inkling-select', (event) => event.preventDefault()))
    await box.ask('throwing away less unsold food')
    await box.options.first().click()
    const stored = await page.evaluate(async () => ({
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      cookies: document.cookie,
      address: location.search,
    }))
    expect(stored).toEqual({
      local: keys,
      session: [],
      databases: [],
      caches: ['inkling-1'],
      workers: 0,
      cookies: '',
      address: '',
    })
    expect(asked.length).toBeGreaterThan(8)
    for (const { url, sent } of asked) {
      expect(url).toMatch(new RegExp(`^${box.url}/(page\\.(html|css)|favicon\\.svg|(inkling|search)/[\\w./-]*)$`))
      expect(sent).toBeNull()
    }
  })
}
