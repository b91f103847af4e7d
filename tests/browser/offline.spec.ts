import { Demo, expect, gradedQuery, keptRows, keptWeights, test, watchRequests } from './site.js'

test('with the network cut, questions are answered by the right sessions', async ({ page, context, site }) => {
  const asked = watchRequests(context)
  const demo = await Demo.ready(page, site.url)
  expect(asked.length).toBeGreaterThan(5)
  await demo.ask('data')
  await keptRows(page)

  await context.setOffline(true)
  await site.stop()
  const before = { asked: asked.length, served: site.requests.length }
  const failed: string[] = []
  context.on('requestfailed', (request) => failed.push(request.url()))

  const first = gradedQuery('q01')
  expect(first.query).toBe('Health Analytics?')
  const hits = await demo.ask(first.query)
  expect(hits.map((id) => first.relevant[id])).toContain(3)

  for (const id of ['q02', 'q08', 'q30', 'q44', 'q60']) {
    const { query, relevant } = gradedQuery(id)
    const found = await demo.ask(query)
    expect(
      found.filter((session) => relevant[session]),
      `${query}: ${found}`,
    ).not.toEqual([])
  }

  // Chromium itself takes the tab's icon from its cache whenever the address changes. Had it gone to the network for it,
  // the request would have failed.
  const icon = `${site.url}/favicon.svg`
  expect(
    asked.slice(before.asked).filter((url) => url !== icon),
    'requests after the cut',
  ).toEqual([])
  expect(failed, 'requests that went to the network after the cut').toEqual([])
  expect(site.requests.length).toBe(before.served)
  expect(
    asked.filter((url) => new URL(url).origin !== site.url),
    'requests to other origins',
  ).toEqual([])
})

test('a second visit takes the model from Cache Storage', async ({ page, site }) => {
  await (await Demo.ready(page, site.url)).ask('data')
  expect(site.requests).toContain('/search/model/weights.safetensors')
  await keptWeights(page)
  await keptRows(page)

  site.requests.length = 0
  const demo = await Demo.ready(page, `${site.url}/?again`)
  await demo.ask('Health Analytics?')
  expect(site.requests).toContain('/search/manifest.json')
  expect(site.requests.filter((path) => path.startsWith('/search/model/'))).toEqual([])
})

test('two visits at once both work', async ({ context, site }) => {
  const pages = [await context.newPage(), await context.newPage()]
  const demos = await Promise.all(pages.map((page) => Demo.ready(page, site.url)))
  for (const demo of demos) expect(await demo.ask('Health Analytics?')).toHaveLength(3)
})
