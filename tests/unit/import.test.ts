import assert from 'node:assert/strict'
import test from 'node:test'

test('the package can be imported where there is no browser, and starts nothing', async () => {
  assert.equal(typeof globalThis.Worker, 'undefined')
  const { createSearch, InklingError } = await import('../../www/src/index.js')
  const { Encoder, similarity } = await import('../../www/src/encoder.js')
  assert.equal(typeof createSearch, 'function')
  assert.equal(typeof Encoder.load, 'function')
  assert.ok(new InklingError('io', 'x') instanceof Error)
  assert.equal(similarity.dot([1], [1]), 1)
})
