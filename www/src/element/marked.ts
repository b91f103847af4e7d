/** Texts of the index as nodes of the page: as text only, whatever they hold. */
import type { TextRange } from '../types.js'

/** How much of a passage is shown, in UTF-16 units. */
const EXCERPT_MAX = 180

/** How much of that may stand before the first match. */
const LEAD_MAX = 60

/** A text with the ranges in `<mark>`. Ranges that are out of order or out of the text are left unmarked. */
export function marked(text: string, ranges: readonly TextRange[]): DocumentFragment {
  const fragment = document.createDocumentFragment()
  let at = 0
  for (const [start, end] of ranges) {
    if (!(start >= at && end > start && end <= text.length)) continue
    const mark = document.createElement('mark')
    mark.textContent = text.slice(start, end)
    fragment.append(text.slice(at, start), mark)
    at = end
  }
  fragment.append(text.slice(at))
  return fragment
}

/** The part of a passage around its first match, cut between words, with the matches that lie in it. */
export function excerpt(
  text: string,
  ranges: readonly TextRange[],
  max = EXCERPT_MAX,
): { text: string; ranges: TextRange[] } {
  if (text.length <= max) return { text, ranges: [...ranges] }
  const first = ranges[0]?.[0] ?? 0
  const wanted = Math.max(0, Math.min(first - LEAD_MAX, text.length - max))
  const start = wanted === 0 ? 0 : whole(text, afterSpace(text, wanted, first))
  const wholeEnd = start + max
  const space = text.lastIndexOf(' ', wholeEnd)
  const end = wholeEnd >= text.length ? text.length : space > start + max / 2 ? space : whole(text, wholeEnd)
  const before = start > 0 ? '… ' : ''
  const inside = ranges.filter(([from, to]) => from >= start && to <= end)
  return {
    text: `${before}${text.slice(start, end)}${end < text.length ? ' …' : ''}`,
    ranges: inside.map(([from, to]) => [from - start + before.length, to - start + before.length]),
  }
}

/** The first start of a word from `from` on, but not after `limit`. Languages without spaces are cut anywhere. */
function afterSpace(text: string, from: number, limit: number): number {
  const space = text.indexOf(' ', from)
  return space === -1 || space >= Math.max(limit, from) ? from : space + 1
}

/** The start of the character around a place, as readers see characters: neither a pair nor a letter and its accents is cut. */
function whole(text: string, at: number): number {
  return 'Segmenter' in Intl ? (new Intl.Segmenter().segment(text).containing(at)?.index ?? at) : at
}

/** An address that a link may have; undefined for one that would run something, such as `javascript:`. */
export function safeUrl(url: string | undefined): string | undefined {
  if (!url) return undefined
  try {
    const { protocol } = new URL(url, document.baseURI)
    return ['http:', 'https:', location.protocol].includes(protocol) ? url : undefined
  } catch {
    return undefined
  }
}
