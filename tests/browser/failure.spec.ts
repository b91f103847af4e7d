import { Demo, expect, test } from './site.js'

test('damaged weights are refused with the code hash-mismatch', async ({ page, site }) => {
  site.alter = (path, body) => {
    if (path.endsWith('weights.safetensors')) body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1)
    return body
  }
  const demo = new Demo(page)
  await page.goto(`${site.url}/?q=health`)
  await expect(demo.failure).toContainText('hash-mismatch')
  await expect(demo.cards).toHaveCount(0)
})

test('damaged weights are not kept: the next visit fetches them again and works', async ({ page, site }) => {
  const intact = site.alter
  site.alter = (path, body) => (path.endsWith('weights.safetensors') ? Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1)! ^ 255])]) : body)
  const demo = new Demo(page)
  await page.goto(site.url)
  await expect(demo.failure).toContainText('hash-mismatch')

  site.alter = intact
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(demo.failure).toBeHidden()
  await demo.waitUntilReady()
})

test('weights that are cut short are refused', async ({ page, site }) => {
  site.alter = (path, body) => (path.endsWith('weights.safetensors') ? body.subarray(0, body.length >> 1) : body)
  await page.goto(site.url)
  await expect(new Demo(page).failure).toContainText(/hash-mismatch|damaged-file/)
})

test('a manifest that is not JSON is refused with the code damaged-file', async ({ page, site }) => {
  site.alter = (path, body) => (path.endsWith('manifest.json') ? Buffer.from('<!doctype html>') : body)
  await page.goto(site.url)
  await expect(new Demo(page).failure).toContainText('damaged-file')
})

test.describe('on a site without search files', () => {
  // The browser itself reports the failed request in the console.
  test.use({ complaintsAllowed: /404/ })

  test('loading fails with the code not-found', async ({ page, site }) => {
    await page.goto(site.url)
    const error = await page.evaluate(async () => {
      const { createSearch } = await import(`${location.origin}/inkling/index.js`)
      return createSearch({ url: '/nowhere/' }).catch(({ name, code, message }: Record<string, unknown>) => ({ name, code, message }))
    })
    expect(error).toMatchObject({ name: 'InklingError', code: 'not-found' })
  })
})
