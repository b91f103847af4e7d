// docs/getting-started.md, step by step as it stands there: files are written, commands are run, pages are opened.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { done, packages, startChromium } from './project.mjs'

const QUESTION = 'early warning of an epidemic'
const ANSWER = 'Maps of an outbreak'

/** The parts of the document, by their headings. @type {Map<string, string>} */
const sections = new Map()
for (const part of fs.readFileSync(at('docs', 'getting-started.md'), 'utf8').split(/^## /m).slice(1)) {
  sections.set(part.slice(0, part.indexOf('\n')), part)
}

/**
 * The code blocks of a part: what language, what code, and the name of the file where the line above gives one.
 * @param {string} heading
 */
function blocks(heading) {
  const text = sections.get(heading)
  assert.ok(text, `the document has no part called ${heading}`)
  return [...text.matchAll(/(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n([^]*?)^```/gm)].map(([, file, language, code = '']) => ({
    file,
    language,
    code,
  }))
}

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-getting-started-'))
/** What the commands of the document said. */
let said = ''
/** @type {import('@playwright/test').Browser} */
let browser
/** @type {import('node:child_process').ChildProcess | undefined} */
let server

before(async () => {
  browser = await startChromium()
  for (const pack of Object.values(packages)) tarballs.push(await pack())
})

after(async () => {
  await browser.close()
  server?.kill()
  fs.rmSync(root, { recursive: true, force: true })
})

/** What stands for the names of packages while they are on no registry. @type {string[]} */
const tarballs = []

/** @param {string} cwd @param {string} code */
function shell(cwd, code) {
  const local = code.replace(
    /npm install(.*?) inkling-search inkling-model-\S+/,
    `npm install$1 --offline --no-audit --no-fund ${tarballs.join(' ')}`,
  )
  return done(cwd, 'bash', ['-euo', 'pipefail', '-c', local])
}

/** Writes the files of a part and runs its commands. @param {string} heading */
async function follow(heading) {
  for (const { file, language, code } of blocks(heading)) {
    if (file) {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      fs.writeFileSync(path.join(root, file), code)
    } else if (language === 'sh' && !code.startsWith('python3 -m http.server')) said += await shell(root, code)
  }
}

/** Serves the folder by the document's own command, on a free port. */
async function serveAsTold() {
  const [code = ''] = blocks('3. The page')
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => code)
  const [command = '', ...args] = code.trim().replace('8000', '0').split(' ')
  const child = (server = spawn(command, ['-u', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }))
  return new Promise((/** @type {(url: string) => void} */ resolve, reject) => {
    let line = ''
    child.stdout.on('data', (chunk) => {
      const port = /port (\d+)/.exec((line += chunk))?.[1]
      if (port) resolve(`http://localhost:${port}`)
    })
    child.on('close', () => reject(new Error(`the server ended: ${line}`)))
  })
}

test('three lines make a built site searchable', async () => {
  const site = path.join(root, 'built')
  fs.mkdirSync(path.join(site, 'public'), { recursive: true })
  const page = '<!doctype html><title>Boats</title><main><h1>Boats</h1><p>We mend them in winter.</p></main>'
  fs.writeFileSync(path.join(site, 'public', 'index.html'), page)
  const [lines] = blocks('A static site')
  const output = await shell(site, lines?.code ?? '')
  assert.match(output, /Paste the first line/)
  assert.ok(fs.existsSync(path.join(site, 'public', 'search', 'page', 'element-define.js')))
})

test('the steps of the document lead from an empty folder to an index that answers as it says', async () => {
  for (const { file, code } of blocks('1. Write the documents')) if (file) fs.writeFileSync(path.join(root, file), code)
  for (const heading of ['A conference', '2. Build the index and ask it']) await follow(heading)
  const expected = blocks('2. Build the index and ask it').find(({ language }) => language === 'text')?.code
  assert.ok(expected?.includes(ANSWER) && said.includes(expected), `${expected}\nis not in\n${said}`)
})

test('the page of the document answers the question of the document', async () => {
  for (const heading of ['3. The page', 'A box of your own']) await follow(heading)
  const url = await serveAsTold()
  const page = await browser.newPage()
  /** @type {string[]} */
  const complaints = []
  page.on('pageerror', (error) => complaints.push(String(error)))

  await page.goto(`${url}/own.html`)
  await page.getByRole('searchbox', { name: 'Search sessions' }).fill(QUESTION)
  await page.getByRole('listitem').filter({ hasText: ANSWER }).first().waitFor({ timeout: 60_000 })

  // The search box is built by another part of the package: where that is not built, there is no such element.
  if (fs.existsSync(path.join(root, 'site', 'inkling', 'element-define.js'))) {
    await page.goto(url)
    await page.getByRole('combobox', { name: 'Search' }).fill(QUESTION)
    await page.getByRole('option').filter({ hasText: ANSWER }).first().waitFor({ timeout: 60_000 })
  }
  assert.deepEqual(complaints, [])
})
