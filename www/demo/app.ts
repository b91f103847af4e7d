/** The demo: a page around the element, which searches, with cards, a map, an agenda and pages of sessions of its own. */
import {
  type BackendOption,
  createSearch,
  type Filters,
  InklingError,
  type QueryResult,
  type Search,
} from 'inkling-search'
import { InklingSearchElement } from 'inkling-search/element'
import { NAME } from './about.js'
import { addressOf, inAddress, type Place, readPlace } from './address.js'
import { Agenda } from './agenda.js'
import { type SessionFields, sessionCard } from './card.js'
import { byId, slug } from './elements.js'
import { SessionMap } from './map.js'
import { failure, MESSAGES, speed } from './messages.js'
import { countBytes, fillPanel } from './panel.js'
import { isRemoved } from './removed.js'
import { addSimilar, agendaButton, agendaPage, markButton, sessionAddress, sessionPage } from './views.js'

/** Sessions of an answer that are shown large. */
const LARGE = 3

/** Questions of the page that are offered again where nothing is found. */
const OFFERED = 3

type Answer = QueryResult & { query: string; filters: Filters }

const title = document.title
const element = byId<InklingSearchElement>('results')
const search = byId('search')
const view = byId('view')
const questions = [...document.querySelectorAll('#examples a')].map((link) => link.textContent ?? '')
/** `?backend=cpu` keeps the visitor's GPU out, `?backend=webgpu` has it encode queries, too. */
const backend = (new URLSearchParams(location.search).get('backend') ?? 'auto') as BackendOption

let opened: Search<SessionFields> | undefined
let answer: Answer | undefined
let place: Place = readPlace(location.href)

const map = new SessionMap(byId('map'))
const agenda = new Agenda(`${slug(NAME)}-agenda`, () => {
  for (const button of document.querySelectorAll<HTMLElement>('[data-agenda]')) markButton(button, agenda)
  countAgenda()
  // The button that was pressed is gone with its row: the focus goes to the heading.
  if (place.view === 'agenda') void show().then(() => view.querySelector('h1')?.focus())
})

function countAgenda(): void {
  byId('agenda-count').textContent = agenda.ids.length > 0 ? ` (${agenda.ids.length})` : ''
}

/** What the element shows as the page wants it. */
function setUp(): void {
  const isLarge = (id: string) =>
    answer?.query.trim() !== '' && answer?.hits.slice(0, LARGE).some((hit) => hit.id === id) === true
  element.renderHit = (hit) => sessionCard(hit, isLarge(hit.id))
  element.renderActions = (hit) => agendaButton(hit, agenda)
  element.addressOf = ({ id }) => sessionAddress(id)
  element.openSearch = (options) =>
    createSearch({
      ...options,
      url: 'search/',
      cache: !isRemoved(),
      backend,
      onProgress: (progress) => {
        countBytes(progress)
        options.onProgress?.(progress)
      },
    })
  if (questions.length > 0) element.setAttribute('suggest', questions.slice(0, OFFERED).join('|'))
  element.addEventListener('inkling-results', putQuestionsBehind, { once: true })
  element.addEventListener('inkling-ready', ({ detail }) => watch(detail.search as Search<SessionFields>))
  element.addEventListener('inkling-error', () => opened || tell('failed'))
  element.addEventListener('inkling-results', ({ detail }) => take(detail))
  customElements.define('inkling-search', InklingSearchElement)
  element.messages = MESSAGES
}

/** Tab leads from the box to the answers. The style sheet has the questions in their place, wherever they come. */
function putQuestionsBehind(): void {
  const list = document.getElementById('examples')
  if (list && !list.contains(document.activeElement)) element.append(list)
}

/** Where the model stands, for the styles and for what waits until it is there. */
function tell(meaning: 'loading' | 'waiting' | 'ready' | 'failed'): void {
  document.body.dataset.meaning = meaning
}

function watch(search: Search<SessionFields>): void {
  opened = search
  tell(search.waitingBytes === undefined ? 'loading' : 'waiting')
  const settle = (meaning: 'ready' | 'failed') => opened === search && tell(meaning)
  search.modelReady.then(
    () => settle('ready'),
    () => settle('failed'),
  )
  // The session's page is there already, but for what only the index knows.
  if (place.session !== undefined) void addSimilar(place.session, search).catch(() => {})
}

/** Takes in an answer that the element is about to show. */
function take(detail: Answer): void {
  answer = detail
  const asked = detail.query.trim() !== ''
  Object.assign(element.dataset, { question: inAddress(detail.query), mode: detail.mode })
  byId('note').textContent = asked ? speed(detail) : ''
  if (opened) fillPanel(byId('panel'), opened.info, asked ? detail : undefined)
  describe()
  if (place.view === 'map') void light()
}

/** Names the tab, and has the links lead to what was asked. */
function describe(): void {
  const { query = '', filters = {} } = answer ?? {}
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.nav [data-view]')) {
    const to = link.dataset.view as Place['view']
    if (to === place.view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
    if (to === 'list' || to === 'map') link.href = addressOf(to, { query, filters })
  }
  if (view.hidden) document.title = query.trim() ? `${query.trim().slice(0, 80)} – ${NAME}` : title
}

/** Highlights the whole answer on the map. */
async function light(): Promise<void> {
  const asFor = answer
  if (!opened || !asFor) return
  const { query, filters } = asFor
  const { documents } = opened.info
  if (!query.trim() && Object.keys(filters).length === 0) {
    map.light(undefined)
    byId('note').textContent = `All ${documents} sessions: similar ones are close together.`
    return
  }
  // Asked for anew by the next answer, where that comes in between.
  const all = await opened.query(query, { filters, limit: documents }).catch(() => undefined)
  if (!all || answer !== asFor || place.view !== 'map') return
  map.light(all.hits.map(({ id }) => id))
  byId('note').textContent = `${all.found} of ${documents} sessions are highlighted.`
}

/** Shows what the address says. */
async function show(): Promise<void> {
  place = readPlace(location.href)
  const asFor = place
  const apart = place.view === 'session' || place.view === 'agenda'
  view.hidden = !apart
  search.hidden = apart
  search.dataset.view = place.view
  byId('map').hidden = place.view !== 'map'
  describe()
  try {
    if (place.view === 'map') await map.draw().then(light)
    if (!apart) return
    const { title: name, content } = await (place.session !== undefined
      ? sessionPage(place.session, agenda, leaveSession)
      : agendaPage(agenda))
    if (place !== asFor) return
    view.replaceChildren(...content)
    document.title = `${name} – ${NAME}`
    if (place.session !== undefined && opened) await addSimilar(place.session, opened).catch(() => {})
  } catch (error) {
    const [part, what] = apart ? [view, 'The programme'] : [byId('map'), 'The map']
    if (place === asFor) part.replaceChildren(...failure(`${what} could not be loaded`, error as InklingError))
  }
}

/** Goes where a link of the page leads. */
async function follow(address: string): Promise<void> {
  if (new URL(address, location.href).href !== location.href) {
    history.replaceState({ ...history.state, scroll: window.scrollY }, '')
    history.pushState({ opened: true }, '', address)
  }
  const shown = show()
  window.scrollTo(0, 0)
  await shown
  view.querySelector('h1')?.focus({ preventScroll: true })
}

function leaveSession(): void {
  if (history.state?.opened) history.back()
  else void follow(addressOf('list', answer ?? { query: '', filters: {} }))
}

/** Shows what the address says, after the visitor went back or forth. */
async function goBack(): Promise<void> {
  const before = place
  await show()
  // Where the list was, the element knows.
  if (!view.hidden && typeof history.state?.scroll === 'number') window.scrollTo(0, history.state.scroll)
  if (before.session === undefined) return
  const row = element.querySelector<HTMLElement>(`.inkling-option[data-id="${CSS.escape(before.session)}"]`)
  row?.focus({ preventScroll: true })
}

// Links of the page are followed without leaving it; questions are links to their answers.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element && event.target.closest<HTMLAnchorElement>('a')
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return
  const isQuestion = link.closest('#examples') !== null
  if (!isQuestion && link.dataset.inner === undefined && !element.contains(link)) return
  event.preventDefault()
  if (isQuestion) element.ask(link.textContent ?? '')
  else void follow(link.href)
})
addEventListener('popstate', () => void goBack())
countAgenda()
setUp()
void show()
