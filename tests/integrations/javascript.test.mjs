// A sample site of each tool from the npm registry, built, served and asked; and its development server.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test, { after } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import { ANSWER, asked, bytes, done, files, freePort, leave, npmProject, served } from './sample.mjs'

after(leave)

/** Their pages have scripts and styles in the HTML. */
const POLICY = "default-src 'self' 'unsafe-inline' data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"

const front = (/** @type {{ title: string, text: string }} */ { title, text }) =>
  `---\ntitle: ${title}\n---\n\n${text}\n`
const headed = (/** @type {{ title: string, text: string }} */ { title, text }) => `# ${title}\n\n${text}\n`

/** Asks a built site, which may lie below an address. @param {string} folder @param {string} [base] */
async function askBuilt(folder, base = '/') {
  // A host serves a page without its ending, too.
  const server = await serve(folder, { policy: POLICY })
  try {
    return await asked(`${server.url}${base}`)
  } finally {
    await server.close()
  }
}

/** A built site in a folder of its own name, as it lies below an address. @param {string} root @param {string} folder @param {string} base */
function below(root, folder, base) {
  const to = path.join(root, 'served')
  fs.cpSync(path.join(root, folder), path.join(to, base), { recursive: true })
  return to
}

/** Astro, for both tests of it. */
const ASTRO = { name: 'astro', tool: 'astro', packages: ['astro@5.18.2', '@astrojs/starlight@0.37.6'] }

test('Starlight has this search in place of its own, below a base and on its development server', async (t) => {
  const root = await npmProject(ASTRO, {
    'astro.config.mjs': `import starlight from '@astrojs/starlight'
import { defineConfig } from 'astro/config'
import inkling from '@inkling-search/astro/starlight'
export default defineConfig({ base: '/club', integrations: [starlight({ title: 'Boats', plugins: [inkling()] })] })
`,
    'src/content.config.mjs': `import { defineCollection } from 'astro:content'
import { docsLoader } from '@astrojs/starlight/loaders'
import { docsSchema } from '@astrojs/starlight/schema'
export const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) }
`,
    ...files((page) => [`src/content/docs/${page.name}.md`, front(page)]),
  })
  await done(root, 'npx', ['astro', 'build'])
  t.diagnostic(bytes(path.join(root, 'dist')))
  assert.ok(!fs.existsSync(path.join(root, 'dist', 'pagefind')), 'Starlight makes no search of its own')
  assert.match(await askBuilt(below(root, 'dist', 'club'), '/club/'), ANSWER)
  await served(root, 'npx', ['astro', 'dev', '--port', '0'], async (url) => assert.match(await asked(url), ANSWER))
})

test('a page of Astro has the box where its component stands', async (t) => {
  const page = (/** @type {{ title: string, text: string }} */ { title, text }) => {
    const [first = '', heading = '', second = ''] = text.split('\n\n')
    const more = heading && `<h2 id="ending-a-membership">${heading.slice(3)}</h2><p>${second}</p>`
    return `---\nimport Search from '@inkling-search/astro/Search.astro'\n---\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><Search label="Search the club" /><main><h1>${title}</h1><p>${first}</p>${more}</main></body></html>\n`
  }
  const root = await npmProject(ASTRO, {
    'astro.config.mjs': "import inkling from '@inkling-search/astro'\nexport default { integrations: [inkling()] }\n",
    ...files((one) => [`src/pages/${one.name}.astro`, page(one)]),
  })
  await done(root, 'npx', ['astro', 'build'])
  t.diagnostic(bytes(path.join(root, 'dist')))
  assert.match(await askBuilt(path.join(root, 'dist')), ANSWER)
  await served(root, 'npx', ['astro', 'dev', '--port', '0'], async (url) => assert.match(await asked(url), ANSWER))
})

test('VitePress has this search in place of its own, and on its development server', async (t) => {
  const root = await npmProject(
    { name: 'vitepress', tool: 'vitepress', packages: ['vitepress@1.6.4'] },
    {
      '.vitepress/config.mjs': `import { withInkling } from '@inkling-search/vitepress'
import { defineConfig } from 'vitepress'
export default withInkling(defineConfig({ title: 'Boats', base: '/club/', themeConfig: { nav: [{ text: 'Fees', link: '/fees' }] } }))
`,
      ...files((page) => [`${page.name}.md`, headed(page)]),
    },
  )
  await done(root, 'npx', ['vitepress', 'build'])
  t.diagnostic(bytes(path.join(root, '.vitepress', 'dist')))
  assert.match(await askBuilt(below(root, '.vitepress/dist', 'club'), '/club/'), ANSWER)
  await served(root, 'npx', ['vitepress', 'dev', '--port', '0'], async (url) => assert.match(await asked(url), ANSWER))
})

test('Docusaurus has this search as its search bar, and on its development server', async (t) => {
  const root = await npmProject(
    {
      name: 'docusaurus',
      tool: 'docusaurus',
      packages: ['@docusaurus/core@3.10.2', '@docusaurus/preset-classic@3.10.2', 'react@19.3.1', 'react-dom@19.3.1'],
    },
    {
      'docusaurus.config.mjs': `export default {
  title: 'Boats', url: 'https://example.org', baseUrl: '/club/', trailingSlash: true,
  presets: [['classic', { docs: { routeBasePath: '/', sidebarPath: undefined }, blog: false, pages: false }]],
  themes: ['@inkling-search/docusaurus'],
  themeConfig: { navbar: { title: 'Boats' } },
}
`,
      ...files((page) => [`docs/${page.name}.md`, headed(page)]),
    },
  )
  await done(root, 'npx', ['docusaurus', 'build'])
  t.diagnostic(bytes(path.join(root, 'build')))
  assert.match(await askBuilt(below(root, 'build', 'club'), '/club/'), ANSWER)
  await served(root, 'npx', ['docusaurus', 'start', '--no-open', '--port', String(await freePort())], async (url) =>
    assert.match(await asked(url), ANSWER),
  )
})
