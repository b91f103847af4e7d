/** The SHA-256 of pages whose browser has none for them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { sha256 } from '../../www/src/worker/sha256.js'

test('bytes of any length have the hash that another implementation gives them', () => {
  const bytes = new Uint8Array(100_003).map((_, at) => (at * at) % 251)
  for (const length of [...Array(300).keys(), bytes.length]) {
    const part = bytes.subarray(0, length)
    assert.equal(sha256(part), createHash('sha256').update(part).digest('hex'), `${length} bytes`)
  }
})
