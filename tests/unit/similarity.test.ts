import assert from 'node:assert/strict'
import test from 'node:test'
import { similarity } from '../../www/src/similarity.js'

test('dot, cosine and euclidean follow their formulas', () => {
  const [a, b] = [Float32Array.of(3, 4), [4, -3]]
  assert.equal(similarity.dot(a, b), 0)
  assert.equal(similarity.dot(a, a), 25)
  assert.equal(similarity.cosine(a, [6, 8]), 1)
  assert.equal(similarity.cosine(a, [-3, -4]), -1)
  assert.equal(similarity.euclidean([0, 0], a), 5)
})

test('a zero vector is like nothing', () => {
  assert.equal(similarity.cosine([0, 0], [1, 2]), 0)
})

test('vectors of different lengths are refused', () => {
  assert.throws(() => similarity.dot([1], [1, 2]), { code: 'invalid-input' })
})
