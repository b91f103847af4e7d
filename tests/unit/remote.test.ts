import assert from 'node:assert/strict'
import test from 'node:test'
import { RemoteSearch } from '../../www/src/remote/remote.js'

const INFO = {
  model: 'm',
  dim: 2,
  maxTokens: 8,
  backend: 'cpu',
  bulk: 'cpu',
  adapter: null,
  why: 'asked for',
  kernel: 'scalar',
} as const

async function encodedFor(info: typeof INFO & { prompts?: { query: string; passage: string } }): Promise<string[]> {
  const seen: string[] = []
  const encoder = {
    info,
    async encode(texts: readonly string[]) {
      seen.push(...texts)
      return texts.map(() => new Float32Array([1, 0]))
    },
    dispose() {},
  }
  const search = new RemoteSearch(encoder, { search: async () => [] })
  await search.query('a question')
  return seen
}

test('what a model wants before a query is put there for an engine elsewhere, too', async () => {
  assert.deepEqual(await encodedFor({ ...INFO, prompts: { query: 'query: ', passage: 'passage: ' } }), [
    'query: a question',
  ])
  assert.deepEqual(await encodedFor(INFO), ['a question'])
})
