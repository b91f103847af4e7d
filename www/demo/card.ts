/** One session as a card. All text goes in as text nodes: nothing in the data can become markup. */
import type { Hit } from 'inkling-search'
import { element, marked, tint } from './elements.js'

/** What the corpus of the demo says of a session, beside its title and abstract. All of it may be missing. */
export interface SessionFields {
  track?: string
  format?: string
  level?: string
  speakers?: string[] | string
  room?: string
  start?: string
  end?: string
  day?: string
  type?: string
}

/** What is shown of a hit: a large card, or a row. */
export function sessionCard(found: Hit, isLarge: boolean): HTMLElement {
  const hit = found as Hit<SessionFields>
  const { track, type, format = type, level, speakers } = hit.fields
  const names = (typeof speakers === 'string' ? [speakers] : (speakers ?? [])).join(', ')
  const tags = [format, level].filter((tag) => tag !== undefined).map((tag) => element('span', 'tag', tag))
  const body = element('div', '', element('p', 'track', track ?? ''))
  body.append(element('h2', '', ...marked(hit.title, hit.titleMatches)))
  if (names) body.append(element('p', 'speakers', names))
  const passage = element('p', 'passage', ...marked(hit.passage.text, hit.matches))
  body.append(passage, why(hit), element('div', 'foot', ...tags))
  const card = element('div', isLarge ? 'card' : 'card compact', place(hit.fields), body)
  tint(card, track)
  return card
}

/** Why a session was found: the words that it shares with the question, and how close it is in meaning. */
function why({ title, titleMatches, passage, matches, cosine }: Hit<SessionFields>): HTMLElement {
  const parts = [
    [title, titleMatches],
    [passage.text, matches],
  ] as const
  const words = parts.flatMap(([text, ranges]) => ranges.map(([from, to]) => text.slice(from, to).toLowerCase()))
  const reasons = []
  if (words.length > 0) reasons.push(`By words: ${[...new Set(words)].slice(0, 5).join(', ')}`)
  if (cosine > 0) reasons.push(`By meaning: ${cosine.toFixed(2)}`)
  return element('p', 'why', reasons.join(' · '))
}

/** When and where: `Monday`, `08:45–09:30`, `Hall A`. */
export function place({ day, start, end, room }: SessionFields): HTMLElement {
  const times = [start, end].flatMap((time) => (time ? clock(time) : [])).join('–')
  const parts = element('p', 'place', element('span', '', dayOf({ start, day })))
  if (times) parts.append(element('span', 'time', times))
  if (room) parts.append(element('span', '', room))
  return parts
}

/** `2027-05-10T08:45` is `08:45`: the summit's own clock, whatever the visitor's time zone. */
export const clock = (time: string) => /T(\d\d:\d\d)/.exec(time)?.[1] ?? time

/** The day of a session: `Monday 10 May`, or as the programme has it. */
export const dayOf = ({ start, day = '' }: { start?: string | undefined; day?: string | undefined }): string =>
  date(start) ?? date(day) ?? day

function date(time?: string): string | undefined {
  const day = /^\d{4}-\d\d-\d\d/.exec(time ?? '')?.[0]
  if (!day) return undefined
  const format: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }
  return new Date(day).toLocaleDateString('en-GB', format)
}
