import assert from 'node:assert/strict'
import test from 'node:test'
import { cancelled, errorToData, InklingError } from '../../www/src/errors.js'
import type { Progress } from '../../www/src/types.js'
import { Client, folderUrl } from '../../www/src/worker/client.js'
import type { Reply, Request } from '../../www/src/worker/protocol.js'
import { Line } from './line.js'

test('answers reach those who asked, in whatever order they come', async () => {
  const line = new Line()
  const client = new Client(line)
  const answers = [
    client.call('encode', { texts: ['a'], isMuch: false }),
    client.call('encode', { texts: ['b'], isMuch: false }),
  ]
  const [first, second] = line.requests as [Request, Request]
  assert.notEqual(first.id, second.id)
  line.reply({ id: second.id, type: 'result', result: [Float32Array.of(2)] })
  line.reply({ id: first.id, type: 'result', result: [Float32Array.of(1)] })
  assert.deepEqual(await Promise.all(answers), [[Float32Array.of(1)], [Float32Array.of(2)]])
})

test('an error arrives with its code and its causes', async () => {
  const line = new Line()
  const answer = new Client(line).call('loadModel', {})
  const thrown = new InklingError('hash-mismatch', 'weights.safetensors was altered', { cause: new Error('disk') })
  line.reply({ id: 1, type: 'error', error: errorToData(thrown) })
  const error = await answer.then(
    () => assert.fail('it was answered'),
    (error: InklingError) => error,
  )
  assert.ok(error instanceof InklingError)
  assert.equal(error.name, 'InklingError')
  assert.equal(error.code, 'hash-mismatch')
  assert.equal(error.message, 'weights.safetensors was altered')
  assert.equal((error.cause as InklingError).message, 'disk')
})

test('progress is reported until the answer, and never after it', async () => {
  const line = new Line()
  const seen: number[] = []
  const answer = new Client(line).call('loadModel', {}, ({ loaded }) => seen.push(loaded))
  const progress = (loaded: number): Reply => ({
    id: 1,
    type: 'progress',
    progress: { stage: 'download', file: 'x', loaded, total: 9 } satisfies Progress,
  })
  line.reply(progress(1))
  line.reply(progress(2))
  line.reply({ id: 1, type: 'result', result: {} as never })
  line.reply(progress(3))
  await answer
  assert.deepEqual(seen, [1, 2])
})

test('what cannot be sent to a worker is refused, and nothing is left waiting for it', async () => {
  const line = new Line()
  const client = new Client(line)
  const documents = [{ id: 'a', title: 'a', fields: { draw: () => {} } }]
  await assert.rejects(client.call('add', { documents }), { code: 'invalid-input', message: /plain data/ })
  assert.equal(line.requests.length, 0)
})

test('closing rejects what is in flight and what is called later, and ends the worker', async () => {
  const line = new Line()
  const client = new Client(line)
  const inFlight = client.call('loadModel', {})
  client.close(cancelled('over'))
  await assert.rejects(inFlight, { code: 'cancelled', message: 'over' })
  await assert.rejects(client.call('loadModel', {}), { code: 'cancelled' })
  assert.ok(line.terminated)
  assert.equal(line.requests.length, 1)
})

test('a worker that cannot start rejects what waits for it', async () => {
  const line = new Line()
  const answer = new Client(line).call('loadModel', {})
  line.onerror?.call(null as never, {} as ErrorEvent)
  await assert.rejects(answer, { code: 'network', message: /worker\.js/ })
})

test('a worker that owes an answer and gives no sign of life is taken for ended', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const line = new Line()
  const client = new Client(line)
  const answer = client.call('query', { text: 'a', settings: {} })
  t.mock.timers.tick(10_000)
  assert.deepEqual(line.methods, ['query', 'ping'])
  line.answer('ping', undefined)
  await Promise.resolve()
  t.mock.timers.tick(30_000)
  assert.ok(!line.terminated, 'it had answered in between')
  t.mock.timers.tick(10_000)
  await assert.rejects(answer, { code: 'internal', message: /does not answer/ })
  assert.ok(line.terminated && client.lost?.code === 'internal')
})

test('a worker that owes nothing, or computes for long, is left in peace', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const line = new Line()
  const client = new Client(line)
  const answer = client.call('query', { text: 'a', settings: {} })
  line.answer('query', {})
  await answer
  t.mock.timers.tick(100_000)
  const long = client.call('finish', { vectors: [] })
  t.mock.timers.tick(1_000_000)
  assert.deepEqual(line.methods, ['query', 'finish'])
  assert.ok(!line.terminated)
  client.close(cancelled('over'))
  await assert.rejects(long, { code: 'cancelled' })
})

test('a worker whose wasm has stopped rejects what waits for it with what it says', async () => {
  const line = new Line()
  const client = new Client(line)
  const answer = client.call('loadModel', {})
  line.reply({ id: 0, type: 'lost', error: { code: 'out-of-memory', message: 'none left' } })
  await assert.rejects(answer, { code: 'out-of-memory', message: 'none left' })
  assert.equal(client.lost?.code, 'out-of-memory')
})

test('whatever is thrown becomes an error with a code', () => {
  assert.deepEqual(errorToData(new RangeError('too long')), { code: 'internal', message: 'too long' })
  assert.deepEqual(errorToData('text'), { code: 'internal', message: 'text' })
  assert.deepEqual(errorToData(undefined), { code: 'internal', message: 'undefined' })
  const loop = new Error('loop') as Error & { cause: unknown }
  loop.cause = loop
  assert.ok(JSON.stringify(errorToData(loop)).length < 1000)
})

test('the address of a folder is absolute and ends in a slash', () => {
  assert.equal(folderUrl('https://example.org/search'), 'https://example.org/search/')
  assert.equal(folderUrl(new URL('https://example.org/search/?v=1')), 'https://example.org/search/?v=1')
  assert.throws(() => folderUrl(undefined as never), { code: 'invalid-input' })
})
