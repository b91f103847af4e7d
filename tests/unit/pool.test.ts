import assert from 'node:assert/strict'
import test from 'node:test'
import { InklingError } from '../../www/src/errors.js'
import type { Backend } from '../../www/src/types.js'
import { Client } from '../../www/src/worker/client.js'
import { Pool, workersFor } from '../../www/src/worker/pool.js'
import type { Request } from '../../www/src/worker/protocol.js'
import { Line } from './line.js'

/** The text's length stands for its vector. */
const vectorOf = (text: string) => Float32Array.of(text.length)

/** Texts of all lengths from 1 to `count`, mixed. */
const texts = (count: number) => Array.from({ length: count }, (_, i) => 'x'.repeat(((i * 7) % count) + 1))

/** Answers what a worker is asked for, a request a turn, until nothing more comes; `most` ends it earlier. */
async function serve(line: Line, most = Infinity): Promise<string[]> {
  const seen: string[] = []
  for (let next = 0; next < most; next++) {
    for (let turn = 0; turn < 20 && line.requests.length <= next; turn++)
      await new Promise((resolve) => setImmediate(resolve))
    const request = line.requests[next] as Extract<Request, { method: 'encode' }> | undefined
    if (!request || line.terminated) break
    seen.push(...request.params.texts)
    line.reply({ id: request.id, type: 'result', result: request.params.texts.map(vectorOf) as never })
  }
  return seen
}

test('vectors come in the order of the texts, whoever encoded them, the longest first', async () => {
  const [own, helper] = [new Line(), new Line()]
  const asked = texts(40)
  const progress: number[] = []
  const pool = new Pool(asked, ({ done, total }) => progress.push(done / total))
  void pool.help(async () => new Client(helper))
  const [vectors, byOwn, byHelper] = await Promise.all([pool.run(new Client(own)), serve(own), serve(helper)])
  assert.deepEqual(vectors, asked.map(vectorOf))
  assert.ok(byOwn.length >= 8 && byHelper.length >= 8, 'both took part')
  assert.equal(byOwn[0]?.length, 40)
  assert.deepEqual(progress, [0.2, 0.4, 0.6, 0.8, 1])
  assert.ok(helper.terminated && !own.terminated)
})

test('a GPU gets many texts at a time, and the CPU that takes over few', async () => {
  const line = new Line()
  let bulk: Backend = 'webgpu'
  const pool = new Pool(texts(600), undefined, () => bulk)
  const vectors = pool.run(new Client(line))
  await serve(line, 1)
  bulk = 'cpu'
  while (line.requests.length < 2) await new Promise((resolve) => setImmediate(resolve))
  const [first, second, third] = await serve(line).then(() =>
    line.requests.map((request) => (request as Extract<Request, { method: 'encode' }>).params.texts.length),
  )
  assert.equal((await vectors).length, 600)
  assert.deepEqual([first, second, third], [256, 256, 8])
})

test('a helper that cannot start, or fails in the middle, is made up for', async () => {
  const [own, helper] = [new Line(), new Line()]
  const asked = texts(40)
  const pool = new Pool(asked)
  void pool.help(() => Promise.reject(new InklingError('network', 'no second copy of the model')))
  void pool.help(async () => new Client(helper))
  const failing = serve(helper, 1).then(async () => {
    while (helper.requests.length < 2) await new Promise((resolve) => setImmediate(resolve))
    helper.refuse('encode', 'internal')
  })
  const [vectors] = await Promise.all([pool.run(new Client(own)), serve(own), failing])
  assert.deepEqual(vectors, asked.map(vectorOf))
})

test('what the own worker cannot do is an error, and ends the helpers', async () => {
  const [own, helper] = [new Line(), new Line()]
  const pool = new Pool(texts(40))
  void pool.help(async () => new Client(helper))
  const answer = pool.run(new Client(own))
  while (helper.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  own.refuse('encode', 'out-of-memory')
  await assert.rejects(answer, { code: 'out-of-memory' })
  assert.ok(helper.terminated)
})

test('a helper that is ready when all is done is ended at once', async () => {
  const [own, late] = [new Line(), new Line()]
  const pool = new Pool(['a'])
  let start = (_: Client) => {}
  const helped = pool.help(() => new Promise((resolve) => (start = resolve)))
  await Promise.all([pool.run(new Client(own)), serve(own)])
  start(new Client(late))
  await helped
  assert.ok(late.terminated)
  assert.deepEqual(late.requests, [])
})

test('a bulk gets more workers than a few texts, never more than there is work for, and as many as the caller says', () => {
  const passages = Array.from({ length: 64 }, () => 'word '.repeat(128))
  assert.equal(workersFor(['a query'], undefined), 1)
  const processors = globalThis.navigator?.hardwareConcurrency ?? 1
  assert.equal(workersFor(passages, undefined), Math.min(processors, 4))
  assert.equal(workersFor(passages, 6), 6)
  assert.equal(workersFor(passages.slice(0, 9), 6), 2)
  assert.equal(workersFor([], 6), 0)
})
