// `npm run demo`: from a fresh checkout to the demo in a browser.

import { say, script, Stop } from './lib.mjs'
import { serve } from './serve.mjs'
import { setUp } from './setup.mjs'
import { buildSite, siteFolder } from './site.mjs'

await script(async () => {
  const port = Number(process.env.PORT ?? 4173)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Stop(`PORT is ${process.env.PORT}: give a number from 1 to 65535`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
  // A busy port is better known now than after minutes of building.
  await (await serve(siteFolder, { port })).close()
  await setUp()
  await buildSite()
  const { url } = await serve(siteFolder, { port })
  say('the demo is ready; Ctrl-C ends it')
  console.log(url)
})
