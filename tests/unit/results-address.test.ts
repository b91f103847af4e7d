import assert from 'node:assert/strict'
import test from 'node:test'
import { readAddress, withAsked } from '../../www/src/element/address.js'

const FIELDS = ['day', 'track']

test('a question put into the address of a results page is read from it again, and what else stands there stays', () => {
  const asked = { text: 'R & D "now"?', filters: { day: ['Monday', 'Tuesday'], track: ['Ethics and Privacy'] } }
  const address = withAsked('https://example.org/?other=1&day=Sunday&q=old#top', 'q', FIELDS, asked)
  assert.deepEqual(readAddress(address, 'q', FIELDS), asked)
  assert.match(address, /other=1/)
  assert.match(address, /#top$/)
})

test('an address without a question asks for nothing, and repeated or empty values count once or not at all', () => {
  assert.deepEqual(readAddress('https://example.org/', 'q', FIELDS), { text: '', filters: {} })
  const { filters } = readAddress('https://example.org/?day=Monday&day=Monday&track=', 'q', FIELDS)
  assert.deepEqual(filters, { day: ['Monday'] })
  assert.equal(withAsked('https://example.org/?q=x', 'q', FIELDS, { text: ' ', filters: {} }), 'https://example.org/')
})
