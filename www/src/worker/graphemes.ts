/** Marks that cut no character as readers see it: a letter with its accents, a flag and a family are each several of Unicode's. */
import type { Hit, TextRange } from '../types.js'

/** Below the combining marks every code unit is a character of its own, but for the end of a line. */
const COMPOSED = /[\u0300-\uffff]/

/** Widens the marks of hits to whole characters. Where the browser cannot tell them they stay as they are. */
export function widenMarks(hits: readonly Hit[]): void {
  for (const hit of hits) {
    hit.titleMatches = widened(hit.title, hit.titleMatches)
    hit.matches = widened(hit.passage.text, hit.matches)
  }
}

/** Ranges of a text that begin and end between its characters. */
export function widened(text: string, ranges: readonly TextRange[]): TextRange[] {
  if (ranges.length === 0 || !COMPOSED.test(text) || !('Segmenter' in Intl)) return [...ranges]
  const characters = new Intl.Segmenter().segment(text)
  const wide: TextRange[] = []
  for (const [from, to] of ranges) {
    const last = characters.containing(to - 1)
    const start = characters.containing(from)?.index ?? from
    const end = last ? last.index + last.segment.length : to
    const before = wide.at(-1)
    if (before && start < before[1]) before[1] = Math.max(before[1], end)
    else wide.push([start, end])
  }
  return wide
}
