import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { tidy } from '../../scripts/tidy.mjs'

/** What is found in a tree of these files alone. */
function findings(files: Record<string, string>): string[] {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-tidy-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      fs.writeFileSync(path.join(root, name), text)
    }
    return tidy(root)
  } finally {
    fs.rmSync(root, { recursive: true })
  }
}

/** A function of so many lines, its first and its last among them. */
const long = (first: string, lines: number, line: string) => `${first}\n${`${line}\n`.repeat(lines - 2)}}\n`

test('the laws hold for this tree', () => {
  assert.deepEqual(tidy(process.cwd()), [])
})

test('a room of the crate that uses one above it, or beside it, is found, however the path is written', () => {
  const uses = (file: string, code: string) => findings({ [file]: code })
  assert.deepEqual(uses('src/text/mod.rs', 'use crate::engine::Engine;\n'), [
    'src/text/mod.rs: text uses engine, which is not below it',
  ])
  assert.equal(uses('src/model/config.rs', 'fn x() { crate::encoder::Encoder::new() }\n').length, 1)
  assert.equal(uses('src/index/mod.rs', 'use crate::{error::Error, encoder::Encoder};\n').length, 1)
  assert.equal(uses('src/index/lexical/score.rs', 'use super::super::super::engine::Hit;\n').length, 1)
  assert.equal(uses('src/eval/mod.rs', 'use crate::corpus::read;\n').length, 1)
  assert.equal(uses('src/shed/mod.rs', '').length, 1, 'a room without a floor')
  assert.deepEqual(uses('src/engine/mod.rs', 'use crate::{error::Error, encoder::Encoder};\nuse super::index;\n'), [])
  assert.deepEqual(
    uses('src/text/mod.rs', '// as crate::engine does\n#[cfg(test)]\nmod tests {\n    use crate::engine::Engine;\n}\n'),
    [],
  )
})

test('an import from a folder that may not be used is found, however it is written', () => {
  const imports = (file: string, code: string) => findings({ [file]: code })
  assert.deepEqual(imports('www/single/page.ts', "import { card } from '../demo/card.js'\n"), [
    'www/single/page.ts: imports www/demo/card, which it may not use',
  ])
  assert.equal(imports('www/src/search.ts', "import {\n  a,\n  b,\n} from '../demo/card.js'\n").length, 1)
  assert.equal(imports('www/src/index.ts', "export * from './worker/glue.js'\n").length, 1)
  assert.equal(imports('www/src/element/box.ts', "import type { Client } from '../worker/client.js'\n").length, 1)
  assert.equal(imports('www/src/worker/pool.ts', "const { Search } = await import('../search.js')\n").length, 1)
  assert.equal(imports('www/src/worker/glue.ts', "import './wasm/inkling-relaxed.js'\n").length, 1)
  assert.equal(imports('www/src/search.ts', "import fs from 'node:fs'\nimport left from 'left-pad'\n").length, 2)
  assert.equal(imports('www/shed/new.ts', '').length, 1, 'a folder without a floor')
  assert.deepEqual(
    imports('www/src/element/box.ts', "import { Search } from '../search.js'\nimport { make } from './panel.js'\n"),
    [],
  )
})

test('what ships takes nothing from the demo', () => {
  for (const file of [
    'www/src/search.ts',
    'www/src/element/view.ts',
    'www/offline/service-worker.ts',
    'www/single/page.ts',
  ]) {
    assert.equal(findings({ [file]: "import { card } from '../demo/card.js'\n" }).length, 1, file)
    assert.equal(findings({ [file]: "const card = await import('../../demo/card.js')\n" }).length, 1, file)
  }
})

test('a file and a function that are too long are found, and tests are not counted', () => {
  assert.deepEqual(findings({ 'src/text/a.rs': long('pub fn a() {', 71, '    b();') }), [
    'src/text/a.rs: 1: a function of 71 lines: at most 70',
  ])
  assert.deepEqual(findings({ 'src/text/a.rs': long('pub fn a() {', 70, '    b();') }), [])
  for (const first of [
    'export async function a(): Promise<void> {',
    'const a = (b: string) => {',
    'function a(\n  b: string,\n): void {',
  ]) {
    assert.equal(findings({ 'www/src/types.ts': long(first, 71, '  c()') }).length, 1, first)
  }
  const method = long('  async #a(b: string): Promise<void> {', 71, '    c()').replace(/\}\n$/, '  }\n')
  assert.equal(findings({ 'www/src/types.ts': `class A {\n${method}}\n` }).length, 1)
  assert.deepEqual(findings({ 'scripts/a.mjs': 'x()\n'.repeat(501) }), ['scripts/a.mjs: 501 lines: at most 500'])
  assert.deepEqual(findings({ 'scripts/a.mjs': 'x()\n'.repeat(500), 'tests/unit/a.test.ts': 'x()\n'.repeat(900) }), [])
  assert.deepEqual(
    findings({ 'src/text/a.rs': `#[cfg(test)]\nmod tests {\n${long('    fn a() {', 90, '        b();')}}\n` }),
    [],
  )
})

test('a test that asserts how long something took is found, through variables and helpers', () => {
  const inTest = (code: string) => findings({ 'tests/browser/a.spec.ts': code })
  const start = 'const start = performance.now()\n'
  assert.deepEqual(inTest(`${start}expect(performance.now() - start).toBeLessThan(50)\n`), [
    'tests/browser/a.spec.ts: 2: asserts how long something took',
  ])
  assert.equal(inTest(`${start}await work()\nconst took = Date.now() - start\nassert.ok(took < 50)\n`).length, 1)
  assert.equal(
    inTest(
      'function longest() {\n  return Math.max(...entries.map(({ dur }) => dur))\n}\nexpect(longest()).toBeLessThanOrEqual(50)\n',
    ).length,
    1,
  )
  assert.equal(inTest('const { duration: took } = entry\nexpect(\n  took,\n).toBeGreaterThan(5)\n').length, 1)
  const rust = 'fn a() {\n    let began = Instant::now();\n    assert!(began.elapsed() < Duration::from_secs(3));\n}\n'
  assert.equal(findings({ 'tests/native/a.rs': rust }).length, 1)
  assert.equal(findings({ 'src/text/a.rs': `#[cfg(test)]\nmod tests {\n${rust}}\n` }).length, 1)
  assert.deepEqual(
    inTest(`${start}console.log(performance.now() - start)\nexpect(hits.length).toBeGreaterThan(2)\n`),
    [],
  )
  assert.deepEqual(findings({ 'tests/bench/a.ts': `${start}expect(start).toBeLessThan(50)\n` }), [])
})

test('a package for a tool that grows beyond its lines is found', () => {
  const lines = (count: number) => 'x\n'.repeat(count)
  assert.deepEqual(findings({ 'integrations/a/index.js': lines(200), 'integrations/a/Box.vue': lines(101) }), [
    'integrations/a: 301 lines: at most 300',
  ])
  assert.deepEqual(findings({ 'integrations/a/index.js': lines(300), 'integrations/a/README.md': lines(50) }), [])
})
