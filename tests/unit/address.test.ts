import assert from 'node:assert/strict'
import test from 'node:test'
import { chosenFilters, noFilters, readAddress, withRequest } from '../../www/demo/address.js'

test('what is put into an address is read from it again', () => {
  const request = {
    view: 'list' as const,
    session: undefined,
    question: 'R & D "now"?',
    filters: { day: ['Monday', 'Tuesday'], level: [], track: ['Ethics and Privacy'] },
  }
  const address = withRequest('https://example.org/?other=1&day=Sunday#top', request)
  assert.deepEqual(readAddress(address), request)
  assert.match(address, /other=1/)
  assert.match(address, /#top$/)
})

test('an address without a request asks for nothing', () => {
  assert.deepEqual(readAddress('https://example.org/'), {
    view: 'list',
    session: undefined,
    question: '',
    filters: noFilters(),
  })
  assert.deepEqual(chosenFilters(noFilters()), {})
  assert.equal(
    withRequest('https://example.org/?q=x&day=Monday', readAddress('https://example.org/')),
    'https://example.org/',
  )
})

test('a pasted document does not go into the address', () => {
  const address = withRequest('https://example.org/', { view: 'list', question: 'x'.repeat(1e5), filters: noFilters() })
  assert.equal(readAddress(address).question.length, 500)
})
