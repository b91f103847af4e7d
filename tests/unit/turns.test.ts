import assert from 'node:assert/strict'
import test from 'node:test'
import { Turns, together } from '../../www/src/worker/wait.js'

/** Work that ends when it is told to, and what has begun so far. */
function steps() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  return { begun, work, end: (name: string) => ends.get(name)?.() }
}

const settle = () => new Promise((resolve) => setTimeout(resolve))

test('those who read have it together, a change waits for them, and who comes later waits for the change', async () => {
  const { begun, work, end } = steps()
  const turns = new Turns()
  const first = turns.read(work('first'))
  const second = turns.read(work('second'))
  const change = turns.change(work('change'))
  const third = turns.read(work('third'))
  await settle()
  assert.deepEqual(begun, ['first', 'second'])
  end('second')
  await settle()
  assert.equal(begun.length, 2)
  end('first')
  await settle()
  assert.deepEqual(begun, ['first', 'second', 'change'])
  end('change')
  await settle()
  end('third')
  assert.deepEqual(await Promise.all([first, second, change, third]), ['first', 'second', 'change', 'third'])
})

test('what fails holds up nobody, and says so to who asked for it alone', async () => {
  const turns = new Turns()
  const fail = (what: string) => () => Promise.reject(new Error(what))
  await assert.rejects(turns.read(fail('a read')), /a read/)
  await assert.rejects(turns.change(fail('a change')), /a change/)
  assert.equal(await turns.read(async () => 1), 1)
  assert.equal(await turns.change(() => 2), 2)
})

test('of several that are waited for together all have settled before the first error is told', async () => {
  let done = false
  const slow = settle().then(() => (done = true))
  await assert.rejects(together([Promise.reject(new Error('one')), slow]), /one/)
  assert.ok(done)
  assert.deepEqual(await together([Promise.resolve(1), Promise.resolve(2)]), [1, 2])
})
