import assert from 'node:assert/strict'
import test from 'node:test'
import type { InklingError } from '../../www/src/errors.js'
import { Search } from '../../www/src/search.js'
import type { SearchInfo } from '../../www/src/types.js'
import { Client } from '../../www/src/worker/client.js'
import { Line } from './line.js'

const INFO: SearchInfo = {
  model: 'm',
  dim: 2,
  maxTokens: 0,
  backend: 'cpu',
  bulk: 'cpu',
  adapter: null,
  why: 'asked for',
  kernel: 'scalar',
  language: 'en',
  documents: 3,
  passages: 3,
}
const LOADED = { ...INFO, maxTokens: 256 }
const ANSWER = { hits: [], found: 0, mode: 'lexical', facets: {}, truncated: false }

const settled = () => new Promise(setImmediate)

function start() {
  const line = new Line()
  return { line, search: new Search(new Client(line), INFO) }
}

test('the model begins to load at once, and a query does not wait for it', async () => {
  const { line, search } = start()
  assert.deepEqual(line.methods, ['loadModel'])
  const answer = search.query('words')
  await settled()
  line.answer('query', ANSWER)
  assert.equal((await answer).mode, 'lexical')
  line.answer('loadModel', LOADED)
  await search.modelReady
  assert.equal(search.info.maxTokens, 256)
})

test('what computes may change without anybody having asked', async () => {
  const { line, search } = start()
  const choice = { backend: 'cpu', bulk: 'webgpu', adapter: 'acme one', why: 'the GPU is faster in bulk' } as const
  line.reply({ id: 0, type: 'choice', choice })
  assert.deepEqual(search.info, { ...INFO, ...choice })
})

test('a query goes out with the options that were given, and no others', async () => {
  const { line, search } = start()
  const signal = new AbortController().signal
  const answer = search.query('a', {
    limit: 2,
    filters: { day: ['Monday'] },
    facets: ['day'],
    sort: 'start',
    minScore: 0,
    signal,
  })
  await settled()
  const settings = { limit: 2, filters: { day: ['Monday'] }, facets: ['day'], sort: 'start', minScore: 0 }
  assert.deepEqual(line.last('query').params, { text: 'a', settings })
  line.answer('query', ANSWER)
  await answer
  void search.query('b', { limit: undefined as never, minScore: 'auto' })
  await settled()
  assert.deepEqual(line.last('query').params, { text: 'b', settings: {} })
})

test('a query by meaning alone waits for the model, and rejects as it does', async () => {
  const { line, search } = start()
  const answer = search.query('words', { mode: 'semantic' })
  await settled()
  assert.deepEqual(line.methods, ['loadModel'])
  line.refuse('loadModel', 'hash-mismatch')
  await assert.rejects(answer, { code: 'hash-mismatch' })
  await assert.rejects(search.modelReady, { code: 'hash-mismatch' })
})

test('looking for similar documents cancels no query and needs no model', async () => {
  const { line, search } = start()
  const query = search.query('words')
  const similar = search.similar('a', { limit: 2 })
  await settled()
  assert.deepEqual(line.last('similar').params, { id: 'a', settings: { limit: 2 } })
  line.answer('similar', [])
  line.answer('query', ANSWER)
  assert.deepEqual(await similar, [])
  assert.equal((await query).found, 0)
})

test('changes are made in the order in which they were asked for, the first of them after the model', async () => {
  const { line, search } = start()
  const added = search.add([{ id: 'x', title: 'x' }])
  const removed = search.remove(['x'])
  const saved = search.save()
  await settled()
  assert.deepEqual(line.methods, ['loadModel'])
  line.answer('loadModel', LOADED)
  await settled()
  assert.deepEqual(line.methods, ['loadModel', 'add'])
  line.answer('add', { ...LOADED, documents: 4 })
  await added
  assert.equal(search.info.documents, 4)
  await settled()
  line.answer('remove', { removed: 1, info: LOADED })
  assert.equal(await removed, 1)
  assert.equal(search.info.documents, 3)
  await settled()
  line.answer('save', [{ path: 'manifest.json', bytes: Uint8Array.of(1) }])
  assert.deepEqual(await saved, [{ path: 'manifest.json', bytes: Uint8Array.of(1) }])
})

test('a change that fails does not stop the next', async () => {
  const { line, search } = start()
  const added = search.add([{ id: 'x', title: 'x' }]).catch(({ code }: InklingError) => code)
  const removed = search.remove(['a'])
  line.refuse('loadModel', 'network')
  assert.equal(await added, 'network')
  await settled()
  line.answer('remove', { removed: 1, info: INFO })
  assert.equal(await removed, 1)
})

test('what is not text, documents or ids is refused without asking the worker', async () => {
  const { line, search } = start()
  for (const refused of [
    search.query(1 as never),
    search.query('a', { mode: 'x' as never }),
    search.similar(1 as never),
    search.add('x' as never),
    search.remove([1] as never),
  ]) {
    await assert.rejects(refused, { code: 'invalid-input' })
  }
  assert.deepEqual(line.methods, ['loadModel'])
})

test('addresses of hits are whole where the index says what they are relative to', async () => {
  const line = new Line()
  const info = { ...INFO, base: '../' }
  const search = new Search(new Client(line), info, undefined, undefined, 'https://example.org/v2/search/')
  const urls = ['./guide/#install', 'https://elsewhere.org/', undefined]
  const answer = search.query('a')
  await settled()
  line.answer('query', { ...ANSWER, hits: urls.map((url) => ({ id: 'a', ...(url && { url }) })) })
  assert.deepEqual(
    (await answer).hits.map(({ url }) => url),
    ['https://example.org/v2/guide/#install', 'https://elsewhere.org/', undefined],
  )
})
