/** One session as a card. All text goes in as text nodes: nothing in the data can become markup. */
import type { Hit } from 'inkling-search'
import { element, marked, slug, textButton } from './elements.js'

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
}

/** The card of a hit, with what belongs at its foot. */
export function sessionCard(hit: Hit<SessionFields>, ...actions: HTMLElement[]): HTMLLIElement {
  const { track, format, level, speakers } = hit.fields
  const passage = element('p', 'passage clamped', ...marked(hit.passage.text, hit.matches))
  passage.id = `passage-${hit.id}`
  const link = element('a', '', ...marked(hit.title, hit.titleMatches))
  link.href = `?session=${encodeURIComponent(hit.id)}`
  link.dataset.inner = ''
  const title = element('h2', '', link)
  const names = (typeof speakers === 'string' ? [speakers] : (speakers ?? [])).join(', ')
  const tags = [format, level].filter((tag) => tag !== undefined).map((tag) => element('span', 'tag', tag))
  const body = element('div', '', element('p', 'track', track ?? ''), title)
  if (names) body.append(element('p', 'speakers', names))
  body.append(passage, why(hit), element('div', 'foot', ...tags, element('span', 'actions', ...actions)))
  const card = element('li', 'card', place(hit.fields), body)
  card.dataset.id = hit.id
  if (track) card.dataset.track = slug(track)
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

/** Gives each large card whose passage does not fit a button that shows all of it. To be called when the cards are shown. */
export function offerWholePassages(list: Element): void {
  for (const passage of list.querySelectorAll('.card:not(.compact) .passage')) {
    if (passage.scrollHeight <= passage.clientHeight + 1) continue
    const more = textButton('Read more', () => {
      const clamped = passage.classList.toggle('clamped')
      more.textContent = clamped ? 'Read more' : 'Read less'
      more.setAttribute('aria-expanded', String(!clamped))
    })
    more.setAttribute('aria-expanded', 'false')
    more.setAttribute('aria-controls', passage.id)
    passage.parentElement?.querySelector('.actions')?.prepend(more)
  }
}

/** When and where: `Monday`, `08:45–09:30`, `Hall A`. */
export function place({ day, start, end, room }: SessionFields): HTMLElement {
  const times = [start, end]
    .filter((time) => time !== undefined)
    .map(clock)
    .join('–')
  const parts = element('p', 'place', element('span', '', date(start) ?? day ?? ''))
  if (times) parts.append(element('span', 'time', times))
  if (room) parts.append(element('span', '', room))
  return parts
}

/** `2027-05-10T08:45` is `08:45`: the summit's own clock, whatever the visitor's time zone. */
const clock = (time: string) => /T(\d\d:\d\d)/.exec(time)?.[1] ?? time

/** `2027-05-10T08:45` is `Monday 10 May`. */
function date(time?: string): string | undefined {
  const day = /^\d{4}-\d\d-\d\d/.exec(time ?? '')?.[0]
  if (!day) return undefined
  const format: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }
  return new Date(day).toLocaleDateString('en-GB', format)
}
