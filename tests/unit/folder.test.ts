/** The files that `npx inkling index` writes change as a whole. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { readIndex, writeFiles } from '../../www/src/cli/folder.js'

const bytes = (text: string) => new TextEncoder().encode(text)

function index(files: Record<string, string>) {
  const named = Object.keys(files).map((name) => ({ path: name, bytes: 0, sha256: '', needed: 'index' }))
  const manifest = { path: 'manifest.json', bytes: bytes(JSON.stringify({ files: named })) }
  return [...Object.entries(files).map(([name, text]) => ({ path: name, bytes: bytes(text) })), manifest]
}

const found = (folder: string) =>
  (fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => fs.statSync(path.join(folder, name)).isFile())
    .sort()

function inFolder(run: (folder: string) => void) {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-'))
  try {
    run(path.join(parent, 'search'))
  } finally {
    fs.rmSync(parent, { recursive: true })
  }
}

test('an index takes the place of the one before, of which no file is left', () =>
  inFolder((folder) => {
    writeFiles(folder, index({ 'docs/0.json': 'old', 'docs/1.json': 'more' }))
    fs.writeFileSync(path.join(folder, 'page.html'), 'of the site')
    writeFiles(folder, index({ 'docs/0.json': 'new' }))
    assert.deepEqual(found(folder), ['docs/0.json', 'manifest.json', 'page.html'])
    assert.equal(fs.readFileSync(path.join(folder, 'docs/0.json'), 'utf8'), 'new')
  }))

test('a write that fails leaves the index as it was, and no folder where there was none', (t) =>
  inFolder((folder) => {
    const fail = (after: number) => {
      const write = fs.writeFileSync
      let left = after
      return t.mock.method(fs, 'writeFileSync', (...args: Parameters<typeof fs.writeFileSync>) => {
        if (left-- <= 0) throw new Error('ENOSPC: no space left on device')
        write(...args)
      })
    }
    let mock = fail(1)
    assert.throws(() => writeFiles(folder, index({ a: 'new', b: 'new' })), /cannot write/)
    mock.mock.restore()
    assert.ok(!fs.existsSync(folder))
    writeFiles(folder, index({ a: 'old', b: 'old' }))
    for (let after = 0; after < 3; after++) {
      mock = fail(after)
      assert.throws(() => writeFiles(folder, index({ a: 'new', b: 'new' })), /cannot write/)
      mock.mock.restore()
      assert.deepEqual(found(folder), ['a', 'b', 'manifest.json'])
      assert.equal(fs.readFileSync(path.join(folder, 'a'), 'utf8'), 'old')
    }
  }))

test('a change that was stopped on its way to its places is read as made, and finished by the next', () =>
  inFolder((folder) => {
    writeFiles(folder, index({ a: 'old', b: 'old' }))
    for (const { path: name, bytes } of index({ a: 'new', b: 'new' })) {
      fs.mkdirSync(path.join(folder, '.inkling-next'), { recursive: true })
      if (name !== 'b') fs.writeFileSync(path.join(folder, '.inkling-next', name), bytes)
      else fs.writeFileSync(path.join(folder, 'b'), bytes)
    }
    const texts = [...readIndex(folder, false)].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])
    assert.deepEqual(texts.slice(1), [
      ['a', 'new'],
      ['b', 'new'],
    ])
    writeFiles(folder, index({ a: 'newer', b: 'new' }))
    assert.deepEqual(found(folder), ['a', 'b', 'manifest.json'])
  }))
