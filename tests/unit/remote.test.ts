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

test('quotes and minus signs bind what an engine elsewhere finds, and what is excluded is not encoded', async () => {
  const passage = (id: string, title: string, text: string, speakers: string[] = []) => ({
    id,
    cosine: 0.9,
    title,
    fields: { speakers },
    passage: { text, start: 0, end: text.length },
  })
  const found = [
    passage('a', 'Round tables', 'A panel on data.'),
    passage('b', 'Talks', 'At the round table, without music'),
    passage('c', 'Café', 'About data', ['Ada Müller']),
    passage('b', 'Talks', 'and after it a panel'),
    passage('d', '東京都の天気', 'round the table'),
  ]
  const seen: string[] = []
  const encoder = {
    info: INFO,
    async encode(texts: readonly string[]) {
      seen.push(...texts.map((text) => text.split(/\s+/u).join(' ').trim()))
      return texts.map(() => new Float32Array([1, 0]))
    },
    dispose() {},
  }
  const search = new RemoteSearch(encoder, { search: async () => found })
  for (const [query, encoded, ids] of [
    ['talks', 'talks', ['a', 'b', 'c', 'd']],
    ['talks -panel', 'talks', ['c', 'd']],
    ['talks "Round Table"', 'talks Round Table', ['b']],
    ['-“round table” data -cafe', 'data', ['a', 'd']],
    ['«ada muller» -"no such"', 'ada muller', ['c']],
    ['weather -東京', 'weather', ['a', 'b', 'c']],
    ['state-of-the-art - a ->b "open', 'state-of-the-art - a ->b open', ['a', 'b', 'c', 'd']],
  ] as const) {
    const { hits } = await search.query(query, { limit: 10 })
    assert.deepEqual([seen.pop(), hits.map(({ id }) => id)], [encoded, ids], query)
  }
  assert.deepEqual((await search.query('-panel')).hits, [])
  assert.deepEqual(seen, [], 'nothing is left to ask for')
})

test('an engine elsewhere that never answers is not waited for: the query says so, and the request is taken back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const encoder = { info: INFO, encode: async () => [new Float32Array([1, 0])], dispose() {} }
  let asked: AbortSignal | undefined
  const search = new RemoteSearch(encoder, {
    search: (_, { signal }) => {
      asked = signal
      return new Promise<never>(() => {})
    },
  })
  const query = search.query('a question')
  query.catch(() => {})
  await new Promise(setImmediate)
  t.mock.timers.tick(19_000)
  assert.equal(asked?.aborted, false)
  t.mock.timers.tick(1000)
  await assert.rejects(query, { code: 'network', message: /has not answered for 20 seconds/ })
  assert.equal(asked?.aborted, true)
})
