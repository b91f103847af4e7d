import assert from 'node:assert/strict'
import test from 'node:test'
import { addressOf, readPlace } from '../../www/demo/address.js'
import { readAddress } from '../../www/src/element/address.js'

const at = (address: string) => new URL(address, 'https://example.org/').href

test('a question put into an address of the demo is what the element reads from it', () => {
  const asked = { query: 'R & D "now"?', filters: { day: ['Monday', 'Tuesday'], track: ['Ethics and Privacy'] } }
  for (const view of ['list', 'map'] as const) {
    const address = at(addressOf(view, asked))
    assert.deepEqual(readPlace(address), { view, session: undefined })
    const { text, filters } = readAddress(address, 'q', ['day', 'level', 'track'])
    assert.deepEqual({ query: text, filters }, asked)
  }
})

test('an address names a session, the agenda or the map, and else the list', () => {
  assert.deepEqual(readPlace(at('?session=a%20b&view=map')), { view: 'session', session: 'a b' })
  assert.equal(readPlace(at('?view=agenda')).view, 'agenda')
  assert.equal(readPlace(at('?view=other')).view, 'list')
})

test('a pasted document does not go into the address', () => {
  const address = at(addressOf('list', { query: 'x'.repeat(1e5), filters: {} }))
  assert.equal(new URL(address).searchParams.get('q')?.length, 500)
})
