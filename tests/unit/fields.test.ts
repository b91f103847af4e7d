import assert from 'node:assert/strict'
import test from 'node:test'
import { filterFields } from '../../www/src/fields.js'

/** The first file of an index with documents of these fields. */
const index = (documents: Record<string, string>[]) =>
  new Map([['docs/000.json', new TextEncoder().encode(JSON.stringify(documents.map((fields) => ({ fields }))))]])

test('filters are offered for what documents share, and not for when something begins or what each has for itself', () => {
  const documents = [
    { track: 'People', code: 'a1', start: '2027-06-12T10:00', day: '2027-06-12' },
    { track: 'People', code: 'a2', start: '2027-06-12T10:00', day: '2027-06-12' },
    { track: 'Data', code: 'a3', start: '2027-06-13T10:00', day: '2027-06-13' },
  ]
  assert.deepEqual(filterFields(index(documents)), ['track', 'day'])
})
