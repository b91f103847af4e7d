// Sample sites of MkDocs and Sphinx from PyPI, in the themes that most sites have: built, served and asked; and their development servers.

import assert from 'node:assert/strict'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { serve } from '../../scripts/serve.mjs'
import {
  ANSWER,
  asked,
  bytes,
  done,
  files,
  freePort,
  leave,
  pythonEnvironment,
  pythonProject,
  served,
} from './sample.mjs'

/** The programs of the environment. */
let bin = ''

before(async () => {
  const themes = [
    'mkdocs==1.6.1',
    'mkdocs-material==9.8.2',
    'sphinx==8.2.3',
    'sphinx-rtd-theme==3.0.2',
    'furo==2025.12.19',
  ]
  bin = await pythonEnvironment(['mkdocs', 'sphinx'], [...themes, 'sphinx-autobuild==2025.8.25'])
})
after(leave)

/** Their pages have scripts and styles in the HTML, and name fonts elsewhere. */
const POLICY = "default-src 'self' 'unsafe-inline' data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"

/** @param {string} folder */
async function askBuilt(folder) {
  const server = await serve(folder, { policy: POLICY })
  try {
    return await asked(`${server.url}/`)
  } finally {
    await server.close()
  }
}

for (const theme of ['mkdocs', 'readthedocs', 'material']) {
  test(`MkDocs has this search in place of its own, in the theme ${theme}`, async (t) => {
    const root = pythonProject(`mkdocs-${theme}`, {
      'mkdocs.yml': `site_name: Boats\ntheme: {name: ${theme}${theme === 'material' ? ', font: false' : ''}}\nplugins:\n  - inkling\n`,
      ...files(({ name, title, text }) => [`docs/${name}.md`, `# ${title}\n\n${text}\n`]),
    })
    await done(root, path.join(bin, 'mkdocs'), ['build', '--strict', '--quiet'])
    t.diagnostic(bytes(path.join(root, 'site')))
    assert.match(await askBuilt(path.join(root, 'site')), ANSWER)
    if (theme !== 'material') return
    const address = `127.0.0.1:${await freePort()}`
    await served(root, path.join(bin, 'mkdocs'), ['serve', '--dev-addr', address], async (url) =>
      assert.match(await asked(url), ANSWER),
    )
  })
}

/** A page as reStructuredText. @param {{ name: string, title: string, text: string }} page @returns {[string, string]} */
function rest({ name, title, text }) {
  const under = (/** @type {string} */ line, sign = '=') => `${line}\n${sign.repeat(line.length)}`
  const contents = name === 'index' ? '\n\n.. toctree::\n\n   fees\n   weather\n' : ''
  return [
    `docs/${name}.rst`,
    `${under(title)}\n\n${text.replace(/^## (.*)$/m, (_, line) => under(line, '-'))}${contents}\n`,
  ]
}

for (const { theme, builder } of [
  { theme: 'alabaster', builder: 'html' },
  { theme: 'sphinx_rtd_theme', builder: 'html' },
  { theme: 'furo', builder: 'dirhtml' },
]) {
  test(`Sphinx answers in the theme's own box, in the theme ${theme} and as ${builder}`, async (t) => {
    const root = pythonProject(`sphinx-${theme}`, {
      'docs/conf.py': `project = "Boats"\nextensions = ["sphinx_inkling"]\nhtml_theme = "${theme}"\ninkling_model = "../model"\n`,
      ...files(rest),
    })
    await done(root, path.join(bin, 'sphinx-build'), ['-q', '-W', '-b', builder, 'docs', 'out'])
    t.diagnostic(bytes(path.join(root, 'out')))
    assert.match(await askBuilt(path.join(root, 'out')), ANSWER)
    if (theme !== 'alabaster') return
    const port = String(await freePort())
    const args = ['--port', port, '-q', '-b', builder, 'docs', 'out-2']
    await served(root, path.join(bin, 'sphinx-autobuild'), args, async (url) => assert.match(await asked(url), ANSWER))
  })
}
