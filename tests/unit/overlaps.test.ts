import assert from 'node:assert/strict'
import test from 'node:test'
import { overlaps } from '../../www/demo/agenda.js'
import type { Session } from '../../www/demo/programme.js'

const session = (id: string, start: string, end: string) => ({ id, start, end }) as Session

test('sessions that overlap, one after the other, stand in one bracket; those that only follow each other do not', () => {
  const groups = overlaps([
    session('d', '12:00', '13:00'),
    session('b', '09:30', '10:30'),
    session('a', '09:00', '10:00'),
    session('c', '10:15', '11:00'),
    session('e', '11:00', '12:00'),
  ])
  assert.deepEqual(
    groups.map((group) => group.map(({ id }) => id)),
    [['a', 'b', 'c'], ['e'], ['d']],
  )
  assert.deepEqual(overlaps([]), [])
})

test('a short session within a long one does not end its bracket', () => {
  const groups = overlaps([
    session('a', '09:00', '12:00'),
    session('b', '09:30', '10:00'),
    session('c', '11:00', '11:30'),
  ])
  assert.equal(groups.length, 1)
})
