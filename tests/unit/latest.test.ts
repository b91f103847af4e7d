import assert from 'node:assert/strict'
import test from 'node:test'
import { Latest } from '../../www/src/worker/latest.js'

/** A job that ends when told to, and says whether it began. */
function controlled<T>(value: T) {
  let end = () => {}
  const job = {
    began: false,
    end: () => end(),
    run: () => new Promise<T>((resolve) => ((job.began = true), (end = () => resolve(value)))),
  }
  return job
}

const code = (error: { code?: string }) => error.code

test('a later job cancels the one before it at once, and starts when that has ended', async () => {
  const latest = new Latest()
  const [first, second] = [controlled(1), controlled(2)]
  const one = latest.run(first.run).catch(code)
  const two = latest.run(second.run)
  assert.equal(await one, 'cancelled')
  assert.equal(second.began, false)
  first.end()
  await new Promise(setImmediate)
  assert.equal(second.began, true)
  second.end()
  assert.equal(await two, 2)
})

test('a job that is overtaken before it starts never starts', async () => {
  const latest = new Latest()
  const jobs = [controlled(1), controlled(2), controlled(3)]
  const answers = jobs.map(({ run }) => latest.run(run).catch(code))
  jobs[0]?.end()
  await new Promise(setImmediate)
  jobs[2]?.end()
  assert.deepEqual(await Promise.all(answers), ['cancelled', 'cancelled', 3])
  assert.equal(jobs[1]?.began, false)
})

test('a job that fails does not stop the next', async () => {
  const latest = new Latest()
  await assert.rejects(
    latest.run(() => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(await latest.run(async () => 'yes'), 'yes')
})

test('a job whose signal is aborted rejects as cancelled, with the reason as its cause', async () => {
  const latest = new Latest()
  const controller = new AbortController()
  const job = controlled(1)
  const answer = latest.run(job.run, controller.signal)
  controller.abort('changed my mind')
  await assert.rejects(answer, { name: 'AbortError', code: 'cancelled', cause: 'changed my mind' })
  job.end()
  assert.equal(await latest.run(async () => 2), 2)
})

test('a job with a signal that was aborted before never starts', async () => {
  const job = controlled(1)
  await assert.rejects(new Latest().run(job.run, AbortSignal.abort()), { code: 'cancelled' })
  assert.equal(job.began, false)
})
