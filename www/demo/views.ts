/** The session pages and the agenda: what is shown instead of the search. */
import type { Hit, Search } from 'inkling-search'
import { NAME, TIME_ZONE } from './about.js'
import { type Agenda, clashes, overlaps } from './agenda.js'
import { dayOf, place, type SessionFields } from './card.js'
import { element, slug, textButton, tint } from './elements.js'
import { calendar, isDated } from './ics.js'
import { programme, type Session } from './programme.js'

/** The address of a session's page. */
export const sessionAddress = (id: string): string => `?session=${encodeURIComponent(id)}`

/** A link that is followed without leaving the page. */
export function innerLink(text: string, address: string, className = ''): HTMLAnchorElement {
  const link = element('a', className, text)
  link.href = address
  link.dataset.inner = ''
  return link
}

/** A button that puts a session on the agenda or takes it off; `aria-pressed` says which. */
export function agendaButton({ id, title }: { id: string; title: string }, agenda: Agenda): HTMLButtonElement {
  const button = textButton('My agenda', () => agenda.toggle(id))
  button.classList.add('agenda-button')
  button.dataset.agenda = id
  button.setAttribute('aria-label', `My agenda: ${title}`)
  markButton(button, agenda)
  return button
}

/** Makes a button say whether its session is on the agenda. */
export function markButton(button: HTMLElement, agenda: Agenda): void {
  button.setAttribute('aria-pressed', String(agenda.has(button.dataset.agenda ?? '')))
}

/** Sessions as rows: when, where, and a link to each. */
function rows(
  sessions: readonly (Session | Hit<SessionFields>)[],
  more: (id: string) => (Node | string)[] = () => [],
): HTMLElement {
  const items = sessions.map((session) => {
    const fields: SessionFields = 'fields' in session ? session.fields : session
    const title = element('h3', '', innerLink(session.title, sessionAddress(session.id)))
    const row = element(
      'li',
      'row',
      place(fields),
      element('div', '', title, element('p', 'track', fields.track ?? ''), ...more(session.id)),
    )
    tint(row, fields.track)
    return row
  })
  return element('ol', 'rows', ...items)
}

/** The page of a session, or the news that there is none of this id. `back` leads to where the visitor came from. */
export async function sessionPage(
  id: string,
  agenda: Agenda,
  back: () => void,
): Promise<{ title: string; content: HTMLElement[] }> {
  const sessions = await programme()
  const session = sessions.get(id)
  const way = textButton('← Back', back)
  if (!session)
    return {
      title: 'No such session',
      content: [way, heading('No such session'), element('p', '', 'The programme has no session at this address.')],
    }
  const { title, track, speakers, format, level, abstract } = session
  const tags = [format, level].filter(Boolean).map((tag) => element('span', 'tag', tag))
  const similar = element('section', 'similar-list', element('h2', '', 'Similar sessions'))
  similar.id = 'similar-list'
  const others = clashes(
    session,
    agenda.ids.flatMap((other) => sessions.get(other) ?? []),
  )
  const overlap =
    others.length > 0
      ? [element('p', 'clash', `At the same time on your agenda: ${others.map((other) => other.title).join('; ')}`)]
      : []
  const article = element(
    'article',
    'session',
    element('p', 'track', track),
    heading(title),
    element('p', 'speakers', speakers.join(', ')),
    place(session),
    ...overlap,
    element('p', 'abstract', abstract),
    ...more(session),
    element('div', 'foot', ...tags),
    element('p', 'choices', agendaButton(session, agenda), ...saveButton([session])),
  )
  tint(article, track)
  return { title, content: [way, article, similar] }
}

/** What a programme says of a session that has no place of its own here. */
function more({ url = '', more = {} }: Session): HTMLElement[] {
  const facts = Object.entries(more).flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)])
  const list = facts.length > 0 ? [element('dl', 'facts', ...facts)] : []
  if (!/^https?:/.test(url)) return list
  const link = element('a', '', url.replace(/^https?:\/\/(www\.)?|\/$/g, ''))
  link.href = url
  return [...list, element('p', 'elsewhere', link)]
}

/** Puts the sessions most like one under it. They need the index, so they come after the rest. */
export async function addSimilar(id: string, search: Search<SessionFields>): Promise<void> {
  const hits = await search.similar(id, { limit: 4 })
  const list = document.getElementById('similar-list')
  if (list && list.childElementCount === 1) list.append(rows(hits))
}

/** The agenda by day, with what clashes. */
export async function agendaPage(agenda: Agenda): Promise<{ title: string; content: HTMLElement[] }> {
  const sessions = [...(await programme()).values()].filter(({ id }) => agenda.has(id))
  const title = 'My agenda'
  const kept = agenda.kept
    ? 'It is kept on this device only.'
    : 'This browser does not let the page store it: it lasts until you close the page.'
  if (sessions.length === 0) {
    return {
      title,
      content: [
        heading(title),
        element('p', 'lead', 'Nothing yet: add sessions from the search, the map or their own pages. ', kept),
      ],
    }
  }
  const clashing = sessions.filter((session) => clashes(session, sessions).length > 0).length
  const summary = `${sessions.length === 1 ? '1 session' : `${sessions.length} sessions`}${clashing > 0 ? `, ${clashing} of them at the same time as another` : ''}. ${kept}`
  const remove = (id: string) => {
    const session = sessions.find((other) => other.id === id)
    return session ? [agendaButton(session, agenda)] : []
  }
  const days = [...new Set(sessions.map(dayOf))]
  const lists = days.flatMap((day) => [
    ...(day ? [element('h2', 'day', day)] : []),
    ...overlaps(sessions.filter((session) => dayOf(session) === day)).map((group) =>
      together(rows(group, remove), group),
    ),
  ])
  const clear = textButton('Clear my agenda', () => (agenda.ids = []))
  const buttons = element('p', 'choices', ...saveButton(sessions), clear)
  return { title, content: [heading(title), element('p', 'lead', summary), buttons, ...lists] }
}

/** A bracket around sessions that overlap: nobody can attend them all. */
function together(list: HTMLElement, { length }: readonly Session[]): HTMLElement {
  if (length === 1) return list
  const advice = length === 2 ? 'These two overlap: pick one.' : `These ${length} overlap: pick what fits.`
  return element('section', 'overlap', element('p', 'clash', advice), list)
}

function heading(text: string): HTMLElement {
  const made = element('h1', '', text)
  made.tabIndex = -1
  return made
}

/** A button that saves sessions as a calendar file, where any of them says when it is. */
function saveButton(sessions: readonly Session[]): HTMLElement[] {
  return sessions.some(isDated) ? [textButton('Save for my calendar (.ics)', () => save(sessions))] : []
}

/** Has the browser save sessions as a calendar file. */
function save(sessions: readonly Session[]): void {
  const text = calendar(sessions, new Date(), (id) => new URL(sessionAddress(id), location.href).href, TIME_ZONE)
  const link = element('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/calendar' }))
  link.download = `${slug(NAME)}.ics`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
