/** Marks cut no character as readers see it. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { widened } from '../../www/src/worker/graphemes.js'

const shown = (text: string, ranges: [number, number][]) =>
  widened(text, ranges).map(([start, end]) => text.slice(start, end))

test('a letter and its accents, a family, a flag and a syllable are marked whole or not at all', () => {
  const cases: [text: string, range: [number, number], whole: string][] = [
    ['caf\u0065\u0301 au lait', [0, 4], 'caf\u0065\u0301'],
    ['the 👩‍👩‍👧‍👦 family', [4, 6], '👩‍👩‍👧‍👦'],
    ['🇩🇪🇫🇷', [2, 4], '🇩🇪'],
    ['नि', [0, 1], 'नि'],
    ['\u1112\u1161\u11ab\u1100', [0, 1], '\u1112\u1161\u11ab'],
    ['a\u200db', [0, 1], 'a\u200d'],
  ]
  for (const [text, range, whole] of cases) assert.deepEqual(shown(text, [range]), [whole], text)
})

test('marks that touch after that are one, and plain text is left as it is', () => {
  const halves: [number, number][] = [
    [0, 1],
    [1, 2],
  ]
  assert.deepEqual(widened('e\u0301', halves), [[0, 2]])
  assert.deepEqual(shown('plain text', [[0, 5]]), ['plain'])
  assert.deepEqual(shown('a lone \ud83d surrogate', [[7, 8]]), ['\ud83d'])
})

test('a title of a megabyte takes no longer for each mark than for its text', () => {
  const text = 'e\u0301 '.repeat(350_000)
  const ranges = Array.from({ length: 1000 }, (_, at): [number, number] => [at * 3, at * 3 + 1])
  const wide = widened(text, ranges)
  assert.equal(wide.length, 1000)
  for (const [start, end] of wide) assert.equal(end - start, 2)
})
