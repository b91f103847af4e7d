/** A document in place, for hits without an address: a file that is fetched when one of them is opened. */
import type { Hit, TextRange } from '../types.js'
import { button, make } from './dom.js'
import { factsOf, type HitSettings, pathOf } from './hits.js'
import { marked } from './marked.js'

/** The whole text of a hit, or its passage where the text can be read elsewhere, with what matches in it. */
function wholeOf({ text, passage, matches }: Hit): [string, TextRange[]] {
  if (text === undefined) return [passage.text, matches]
  return [text, matches.map(([from, to]) => [from + passage.start, to + passage.start])]
}

/** A document in place: its title, what is known of it, its text, and documents like it. */
export function reading(
  { hit, similar }: { hit: Hit; similar: Hit[] },
  { wording, addressOf }: HitSettings,
  { back, open }: { back: () => void; open: (hit: Hit) => void },
): HTMLElement {
  const { messages } = wording
  const title = make('h2', 'headline', marked(hit.title, hit.titleMatches))
  const text = make('p', 'text', marked(...wholeOf(hit)))
  for (const part of [title, text]) part.dir = 'auto'
  const article = make('article', 'reading', button('action', messages.back, back), title)
  if (hit.headings?.length) article.append(pathOf(hit.headings))
  const facts = factsOf(hit, Object.keys(hit.fields), wording)
  const list = facts.map(({ name, value }) =>
    make('div', '', make('dt', '', wording.field(name)), make('dd', '', make('bdi', '', value))),
  )
  if (list.length > 0) article.append(make('dl', 'all-facts', ...list))
  article.append(text)
  if (similar.length > 0) article.append(make('h3', 'field', messages.similar), ...similar.map(likeIt))
  return article

  function likeIt(other: Hit): HTMLElement {
    const address = addressOf(other)
    const link = address === undefined ? button('action', '', () => open(other)) : make('a', 'action')
    if (link instanceof HTMLAnchorElement && address !== undefined) link.href = address
    link.append(make('bdi', '', other.title))
    return link
  }
}
