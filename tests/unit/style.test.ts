import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'

const FOLDER = path.join('build', 'planted-style')

const PLANTED = `
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import type { Search } from '../../www/src/index.js'

export async function ask(search: Search, page: Page): Promise<void> {
  await search.query('x')
  void readFile('x')
  search.query('x') // floating
  search.modelReady.then(() => {}) // floating
  readFile('x') // floating
  page.click('x') // floating
}
`

test('a promise that nobody waits for fails the linter: of the package, of Node, and of the browser under test', () => {
  fs.mkdirSync(FOLDER, { recursive: true })
  try {
    const file = path.join(FOLDER, 'planted.ts')
    fs.writeFileSync(file, PLANTED)
    fs.writeFileSync(
      path.join(FOLDER, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.json', include: ['.'] }),
    )
    const args = ['--type-aware', '--no-ignore', '--format=unix', file]
    const { status, stdout } = spawnSync('node_modules/.bin/oxlint', args, { encoding: 'utf8' })
    const found = [...stdout.matchAll(/:(\d+):\d+: .*no-floating-promises/g)].map(([, line]) => Number(line))
    const floating = PLANTED.split('\n').flatMap((line, at) => (line.includes('// floating') ? [at + 1] : []))
    assert.deepEqual(found, floating)
    assert.equal(status, 1)
  } finally {
    fs.rmSync(FOLDER, { recursive: true })
  }
})
