// All faults, one after the other, in an engine that Playwright does not drive. Each has a server of its own, which is another site
// for the browser: nothing of it is kept yet.

import { after, before, describe, test } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import { siteFolder } from '../../scripts/site.mjs'
import { cases } from './faults.mjs'

/** @param {import('./drivers.mjs').Engine} engine */
export function faultSpecs(engine) {
  void describe(`faults in ${engine.title}`, { skip: engine.absent ?? false, timeout: 900_000 }, () => {
    /** @type {import('./drivers.mjs').Page} */
    let page
    before(async () => void (page = await engine.open()))
    after(() => page?.close())

    for (const { group, title, run } of cases) {
      test(`${group}: ${title}`, { timeout: 120_000 }, async () => {
        const site = await openFresh()
        try {
          const visit = () => page.goto(`${site.url}/blank`)
          await visit()
          await run({ evaluate: page.evaluate, reload: visit }, site)
        } finally {
          await site.close()
        }
      })
    }
  })
}

/** Serves the demo and a page with nothing on it. */
async function openFresh() {
  /** @type {Pick<import('./faults.mjs').Site, 'alter' | 'routes'>} */
  const changes = {
    alter: (_path, body) => body,
    routes: {
      '/blank': (response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>blank</title>'),
    },
  }
  const alter = (/** @type {string} */ path, /** @type {Buffer} */ body) => changes.alter(path, body)
  return Object.assign(changes, await serve(siteFolder, { alter, routes: changes.routes }))
}
