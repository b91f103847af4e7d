/** Words outlive a worker that the model has brought down. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { cancelled } from '../../www/src/errors.js'
import { Client } from '../../www/src/worker/client.js'
import { Revived } from '../../www/src/worker/revived.js'
import { Line } from './line.js'

const settled = () => new Promise(setImmediate)
const LOAD = { url: 'https://example.org/search/', options: {} }
const lose = (line: Line) => line.reply({ id: 0, type: 'lost', error: { code: 'out-of-memory', message: 'none left' } })

/** A search that has loaded its index, and the workers that were started for it. */
async function loaded() {
  const lines: Line[] = []
  const caller = new Revived(() => new Client(lines[lines.push(new Line()) - 1]))
  const loading = caller.call('loadSearch', LOAD)
  await settled()
  lines[0]!.answer('loadSearch', {})
  await loading
  return { caller, lines }
}

test('a query that was waiting is answered by another worker, and the model says why it is not there', async () => {
  const { caller, lines } = await loaded()
  const model = caller.call('loadModel', {})
  const queries = ['a', 'b'].map((text) => caller.call('query', { text, settings: {} }))
  await settled()
  lose(lines[0]!)
  await assert.rejects(model, { code: 'out-of-memory' })
  await settled()
  assert.equal(lines.length, 2, 'one worker for both')
  assert.deepEqual(lines[1]!.last('loadSearch').params, LOAD)
  lines[1]!.answer('loadSearch', {})
  await settled()
  assert.deepEqual(lines[1]!.methods, ['loadSearch', 'query', 'query'])
  const ids = lines[1]!.requests.slice(1).map(({ id }) => id)
  for (const id of ids) lines[1]!.reply({ id, type: 'result', result: { mode: 'lexical' } as never })
  for (const answer of await Promise.all(queries)) assert.equal(answer.mode, 'lexical')
  assert.ok(lines[0]!.terminated && !lines[1]!.terminated)
})

test('a query that comes after the loss is answered, too', async () => {
  const { caller, lines } = await loaded()
  lose(lines[0]!)
  const query = caller.call('query', { text: 'a', settings: {} })
  await settled()
  lines[1]!.answer('loadSearch', {})
  await settled()
  lines[1]!.answer('query', { mode: 'lexical' })
  assert.equal((await query).mode, 'lexical')
})

test('an index that was changed is not replaced by that of the site without a word', async () => {
  const { caller, lines } = await loaded()
  const removed = caller.call('remove', { ids: ['a'] })
  await settled()
  lines[0]!.answer('remove', { removed: 1 })
  await removed
  lose(lines[0]!)
  await assert.rejects(caller.call('query', { text: 'a', settings: {} }), { code: 'out-of-memory' })
  assert.equal(lines.length, 1)
})

test('a worker that is lost each time is given up', async () => {
  const { caller, lines } = await loaded()
  for (let life = 0; life < 5; life++) {
    lose(lines.at(-1)!)
    const query = caller.call('query', { text: 'a', settings: {} })
    query.catch(() => {})
    await settled()
    const line = lines.at(-1)!
    if (line.requests.length > 0 && !line.terminated) line.answer('loadSearch', {})
    await settled()
  }
  assert.equal(lines.length, 4)
})

test('a search that was disposed of is not brought back', async () => {
  const { caller, lines } = await loaded()
  caller.close(cancelled('over'))
  await assert.rejects(caller.call('query', { text: 'a', settings: {} }), { code: 'cancelled' })
  assert.equal(lines.length, 1)
})

test('when the site was updated, the query is answered by its new index, and the model comes back behind', async () => {
  const { caller, lines } = await loaded()
  const model = caller.call('loadModel', {})
  await settled()
  lines[0]!.answer('loadModel', {})
  await model
  const query = caller.call('query', { text: 'a', settings: {} })
  await settled()
  lines[0]!.refuse('query', 'replaced')
  await settled()
  assert.ok(lines[0]!.terminated)
  lines[1]!.answer('loadSearch', {})
  await settled()
  assert.deepEqual(lines[1]!.methods, ['loadSearch', 'loadModel', 'query'])
  lines[1]!.answer('query', { mode: 'lexical' })
  assert.equal((await query).mode, 'lexical')
})

test('an index that is replaced while it loads is loaded once more', async () => {
  const lines: Line[] = []
  const caller = new Revived(() => new Client(lines[lines.push(new Line()) - 1]))
  const loading = caller.call('loadSearch', LOAD)
  await settled()
  lines[0]!.refuse('loadSearch', 'replaced')
  await settled()
  lines[1]!.answer('loadSearch', { documents: 3 })
  assert.equal((await loading).documents, 3)
  assert.deepEqual(lines[1]!.methods, ['loadSearch'])
})

test('a worker that cannot start is started once more, and then given up', async () => {
  const lines: Line[] = []
  const caller = new Revived(() => new Client(lines[lines.push(new Line()) - 1]))
  const fail = (line: Line) => line.onerror?.call(null as never, { message: '' } as ErrorEvent)
  const loading = caller.call('loadSearch', LOAD)
  await settled()
  fail(lines[0]!)
  await settled()
  fail(lines[1]!)
  await assert.rejects(loading, { code: 'network' })
  assert.equal(lines.length, 2)
})

test('a model that is gone with an updated site is that of its new index', async () => {
  const { caller, lines } = await loaded()
  const infos: unknown[] = []
  caller.onChoice = (info) => infos.push(info)
  const model = caller.call('loadModel', {})
  await settled()
  lines[0]!.refuse('loadModel', 'replaced')
  await settled()
  lines[1]!.answer('loadSearch', { documents: 5 })
  await settled()
  lines[1]!.answer('loadModel', { documents: 5, dim: 3 })
  assert.equal((await model).dim, 3)
  assert.deepEqual(infos, [{ documents: 5 }])
})
