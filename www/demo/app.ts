/** The demo page: a box, the three best sessions, and what it took to find them. */
import { createSearch, type Hit, InklingError, type Progress, type QueryResult, type Search } from 'inkling-search'
import { Agenda } from './agenda.js'
import { chosenFilters, FILTER_FIELDS, inAddress, noFilters, readAddress, type Request, withRequest } from './address.js'
import { offerWholePassages, sessionCard, type SessionFields } from './card.js'
import { FilterPanel } from './filters.js'
import { SessionMap } from './map.js'
import * as say from './messages.js'
import { page } from './page.js'
import { byId } from './page-parts.js'
import { isRemoved } from './removed.js'
import { countBytes, fillPanel } from './panel.js'
import { addSimilar, agendaButton, agendaPage, markButton, sessionPage } from './views.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. Words need no pause. */
const TYPING_PAUSE_MS = 90

/** Shown at first, and after that in steps. */
const HITS = 3
const HITS_STEP = 10

type Answer = QueryResult<SessionFields>

const title = document.title
let search: Search<SessionFields> | undefined
let meaning: 'loading' | 'ready' | 'failed' = 'loading'
let request: Request = readAddress(location.href)
let limit = HITS
/** Whether sessions are shown that hardly answer the question, because the visitor wants to see them. */
let far = false
let timer: ReturnType<typeof setTimeout> | undefined
/** Counts what was asked of the search, so that an answer that comes too late is known as such. */
let asked = 0
const titles = new Map<string, string>()

const map = new SessionMap(page.map)
const agenda = new Agenda(() => {
  for (const button of document.querySelectorAll<HTMLElement>('[data-agenda]')) markButton(button, agenda)
  countAgenda()
  // The button that was pressed is gone with its row: the focus goes to the heading.
  if (request.view === 'agenda') void showView().then(() => page.view.querySelector('h1')?.focus())
})

function countAgenda(): void {
  byId('agenda-count').textContent = agenda.ids.length > 0 ? ` (${agenda.ids.length})` : ''
}

const filters = new FilterPanel(byId('filters'), () => change({ filters: filters.chosen }, true))

function showCards(hits: Hit<SessionFields>[]): void {
  for (const hit of hits) titles.set(hit.id, hit.title)
  page.results.replaceChildren(...hits.map((hit) => sessionCard(hit, openSimilar, agendaButton(hit, agenda))))
  page.results.hidden = hits.length === 0
  page.empty.hidden = hits.length > 0
  offerWholePassages(page.results)
}

function showAnswer(answer: Answer, of: Search<SessionFields>): void {
  const { hits, found, facets, mode } = answer
  const { question } = request
  const browsing = !question.trim()
  const filtered = Object.keys(chosenFilters(request.filters)).length > 0
  filters.count(facets)
  fillPanel(page.panel, of.info, browsing ? undefined : answer)
  page.map.hidden = request.view !== 'map'
  if (request.view === 'map') return showMap(answer, browsing && !filtered, of)
  page.source.hidden = true
  showCards(browsing && !filtered ? [] : hits)
  page.results.dataset.question = inAddress(question)
  page.results.dataset.mode = mode
  page.more.hidden = page.results.hidden || found <= hits.length
  if (browsing && !filtered) page.empty.replaceChildren('The three sessions that answer best will appear here.')
  else if (found === 0) {
    const actions = { showFar: mode === 'lexical' ? undefined : showFar, clear: filtered ? clearFilters : undefined }
    page.empty.replaceChildren(...say.nothingClose(request, mode === 'lexical' && meaning === 'loading', page.examples, actions))
  }
  const ready = browsing && !filtered && meaning === 'ready'
  page.status.textContent = ready ? say.ready(of.info) : say.summary(answer, { browsing, filtered, far }, of.info)
  if (meaning !== 'loading') say.note(browsing ? '' : say.speed(answer, of.info))
}

function showMap(answer: Answer, all: boolean, of: Search<SessionFields>): void {
  for (const part of [page.source, page.results, page.empty, page.more]) part.hidden = true
  map.light(all ? undefined : answer.hits.map(({ id }) => id))
  const lit = all ? `All ${of.info.documents} sessions: alike ones are near each other.` : `${answer.found} of ${of.info.documents} sessions are lit.`
  page.status.textContent = lit
  if (meaning !== 'loading') say.note(all ? '' : say.speed(answer, of.info))
}

/** Shows the page of a session, or the agenda. */
async function showView(): Promise<void> {
  const asFor = request
  const { view, session = '' } = request
  try {
    const { title: name, content } = await (view === 'session' ? sessionPage(session, agenda, leaveSession) : agendaPage(agenda))
    if (request !== asFor) return
    page.view.replaceChildren(...content)
    document.title = `${name} – Northlight`
    if (view === 'session' && search) await addSimilar(session, search).catch(() => {})
  } catch (error) {
    if (request === asFor) page.view.replaceChildren(...say.failure('The programme could not be loaded', error))
  }
}

function leaveSession(): void {
  if (history.state?.opened) history.back()
  else change({ view: 'list', session: undefined }, true)
}

/** Shows what belongs to the view, and tells the navigation. */
function switchView(): boolean {
  const apart = request.view === 'session' || request.view === 'agenda'
  page.view.hidden = !apart
  page.search.hidden = apart
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.nav [data-view]')) {
    const view = link.dataset.view as Request['view']
    if (view === request.view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
    if (!apart) link.href = withRequest(location.href, { ...request, similar: undefined, session: undefined, view })
  }
  return apart
}

function showSimilar(hits: Hit<SessionFields>[], name: string): void {
  const heading = say.similarTo(name, closeSimilar)
  page.source.replaceChildren(...heading)
  page.source.hidden = false
  page.more.hidden = true
  delete page.results.dataset.question
  showCards(hits)
  page.status.textContent = `The ${hits.length} sessions most like it.`
  if (meaning !== 'loading') say.note('')
  page.source.querySelector('h2')?.focus()
}

/** Shows what is asked for now. Whatever was asked before and is not answered yet never will be. */
async function show(): Promise<void> {
  const turn = ++asked
  if (switchView()) return showView()
  if (request.view === 'map') await map.draw().catch((error) => showFailure('The map could not be loaded', error))
  if (!search || turn !== asked) return
  const isCurrent = () => turn === asked
  try {
    const { similar } = request
    if (similar !== undefined) {
      const [hits, name] = await Promise.all([search.similar(similar, { limit: HITS }), titleOf(similar, search)])
      if (isCurrent()) showSimilar(hits, name)
      return
    }
    const browsing = !request.question.trim()
    const order = browsing ? { sort: 'start' } : { far }
    const chosen = { filters: chosenFilters(request.filters), facets: FILTER_FIELDS }
    const onMap = request.view === 'map'
    const answer = await search.query(request.question, { limit: onMap ? search.info.documents : browsing ? Math.max(limit, HITS_STEP) : limit, ...chosen, ...order })
    if (isCurrent()) showAnswer(answer, search)
  } catch (error) {
    if (!isCurrent() || (error instanceof InklingError && error.code === 'cancelled')) return
    if (request.similar !== undefined) change({ similar: undefined }, false)
    else showFailure('The search failed', error)
  }
}

/** A session's title; an address may name a session that was not shown yet. */
async function titleOf(id: string, of: Search<SessionFields>): Promise<string> {
  if (!titles.has(id)) {
    const { hits } = await of.query('', { sort: 'start', facets: FILTER_FIELDS, limit: of.info.documents })
    for (const hit of hits) titles.set(hit.id, hit.title)
  }
  return titles.get(id) ?? id
}

function showFailure(what: string, error: unknown): void {
  page.failure.replaceChildren(...say.failure(what, error))
  page.failure.hidden = false
}

/** Takes on what the visitor wants now, in the address too, and shows it. */
function change(wanted: Partial<Request>, keepInHistory: boolean): void {
  clearTimeout(timer)
  request = { ...request, similar: undefined, ...wanted }
  if (wanted.similar === undefined) [limit, far] = [HITS, false]
  const address = withRequest(location.href, request)
  if (address !== location.href) history[keepInHistory ? 'pushState' : 'replaceState']({ opened: keepInHistory }, '', address)
  nameTab()
  void show()
}

function nameTab(): void {
  document.title = request.question ? `${request.question.slice(0, 80)} – Northlight` : title
}

function ask(question: string, keepInHistory: boolean): void {
  page.query.value = question
  change({ question }, keepInHistory)
}

const clearFilters = () => {
  filters.chosen = noFilters()
  change({ filters: noFilters() }, true)
  page.query.focus()
}

function showFar(): void {
  far = true
  page.query.focus()
  void show()
}

const openSimilar = ({ id }: Hit<SessionFields>) => change({ similar: id }, true)

function closeSimilar(): void {
  if (history.state?.opened) return history.back()
  // The visitor came by an address: there is nothing to go back to.
  change({ similar: undefined }, true)
  page.query.focus()
}

/** Shows what the address says, after the visitor went back or forth. */
async function followAddress(): Promise<void> {
  const before = request
  request = readAddress(location.href)
  const sameAnswer = withRequest(location.href, { ...before, similar: undefined }) === withRequest(location.href, { ...request, similar: undefined })
  if (!sameAnswer) [limit, far] = [HITS, false]
  page.query.value = request.question
  filters.chosen = request.filters
  nameTab()
  await show()
  if (typeof history.state?.scroll === 'number') window.scrollTo(0, history.state.scroll)
  if (before.similar && !request.similar) cardOf(before.similar)?.querySelector<HTMLElement>('.similar')?.focus()
}

const cardOf = (id: string) => page.results.querySelector(`[data-id="${CSS.escape(id)}"]`)

/** Goes where a link of the page leads. */
async function follow(wanted: Request): Promise<void> {
  const { scrollY } = window
  history.replaceState({ ...history.state, scroll: scrollY }, '')
  page.query.value = wanted.question
  filters.chosen = wanted.filters
  request = wanted
  const address = withRequest(location.href, wanted)
  if (address !== location.href) history.pushState({ opened: true }, '', address)
  nameTab()
  await show()
  window.scrollTo(0, 0)
  if (request === wanted) page.view.querySelector('h1')?.focus({ preventScroll: true })
}

function listen(): void {
  page.form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask(page.query.value, true)
  })
  page.query.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => ask(page.query.value, false), meaning === 'ready' ? TYPING_PAUSE_MS : 0)
  })
  page.more.addEventListener('click', async () => {
    const shown = page.results.childElementCount
    limit = shown < HITS_STEP ? HITS_STEP : shown + HITS_STEP
    await show()
    const first = page.results.children[shown]
    if (first instanceof HTMLElement) {
      first.tabIndex = -1
      first.focus({ preventScroll: true })
    }
  })
  addEventListener('popstate', () => void followAddress())
  // The examples are links to their answers; here they are answered without leaving the page.
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest<HTMLAnchorElement>('.examples a, a[data-inner]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (link.dataset.inner === undefined) return ask(readAddress(link.href).question, true)
    void follow(readAddress(link.href))
  })
}

function showProgress(progress: Progress): void {
  countBytes(progress)
  if (search && meaning === 'loading') say.progress(progress)
}

/** From now on questions are answered by meaning, too; the one on the screen is, unless the visitor is busy with it. */
function meaningIsReady(): void {
  meaning = 'ready'
  const busy = page.results.contains(document.activeElement) || request.similar !== undefined
  if (!busy) return void show()
  say.note(request.similar === undefined ? say.offer(() => void show()) : '')
}

function meaningFailed(error: unknown): void {
  meaning = 'failed'
  showFailure('Searching by words only: the language model could not be loaded', error)
  void show()
}

async function start(): Promise<void> {
  page.query.value = request.question
  nameTab()
  countAgenda()
  listen()
  if (switchView()) void showView()
  try {
    const opened = await createSearch<SessionFields>({ url: 'search/', cache: !isRemoved(), onProgress: showProgress })
    const everything = await opened.query('', { sort: 'start', facets: FILTER_FIELDS, limit: 1 })
    filters.fill(everything.facets, request.filters)
    // Only now, or a keystroke would have cancelled that.
    search = opened
  } catch (error) {
    say.note('')
    page.empty.hidden = true
    return showFailure('The search could not be loaded', error)
  }
  search.semantic.then(meaningIsReady, meaningFailed)
  say.progress()
  await show()
}

void start()
