/** What Rust and TypeScript both know, and neither can take from the other. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { RELEVANCE, SHARE_OF_BEST } from '../../www/src/remote/remote.js'
import { keyOf, SEARCH_CACHE } from '../../www/src/worker/stored.js'

const read = (file: string) => fs.readFileSync(file, 'utf8')
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found).sort()

test('every code of an error in Rust is one of the package, which adds only those of browsers', () => {
  const rust = all(read('src/error.rs'), /Self::\w+ => "([a-z-]+)"/g)
  const [, union = ''] = /export type InklingErrorCode =((?:\s+\| '[a-z-]+')+)/.exec(read('www/src/errors.ts')) ?? []
  assert.ok(rust.length > 10)
  assert.deepEqual(all(union, /'([a-z-]+)'/g), [...rust, 'unsupported-browser', 'blocked'].sort())
})

test('the page and the service worker look for stored files where the search keeps them', () => {
  const names = fs.readdirSync('src/web').filter((name) => name.endsWith('.rs'))
  const web = names.map((name) => read(`src/web/${name}`)).join('\n')
  assert.deepEqual(all(web, /const CACHE: &str = "([^"]+)"/g), [SEARCH_CACHE])
  const versions = all(web, /const VERSION: &str = "([^"]+)"/g)
  assert.equal(versions.length, 1)
  assert.equal(`a/b${versions[0]}0f`, keyOf('a/b', '0f'))
})

test('an engine elsewhere is scored as an index here scores by meaning alone', () => {
  const fusion = read('src/index/fusion.rs')
  assert.deepEqual(all(fusion, /const SHARE_OF_BEST: f32 = ([\d.]+);/g), [String(SHARE_OF_BEST)])
  const [, body = ''] = /pub fn by_meaning\(.*?\{(.*?)\n\}/s.exec(fusion) ?? []
  assert.deepEqual(all(body, /logistic\(([\d.]+ \* hit\.score - [\d.]+)\)/g), [
    `${RELEVANCE.slope} * hit.score - ${RELEVANCE.offset}`,
  ])
})
