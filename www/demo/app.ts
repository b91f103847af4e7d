/** The demo page: what the visitor wants, where that stands in the address, and what the search has to say of it. */
import { type BackendOption, createSearch, InklingError, type Progress, type Search } from 'inkling-search'
import { chosenFilters, FILTER_FIELDS, noFilters, type Request, readAddress, withRequest } from './address.js'
import { Agenda } from './agenda.js'
import { HITS, type Meaning, showAnswer } from './answer.js'
import type { SessionFields } from './card.js'
import { byId } from './elements.js'
import { FilterPanel } from './filters.js'
import { SessionMap } from './map.js'
import * as say from './messages.js'
import { page } from './page.js'
import { countBytes } from './panel.js'
import { isRemoved } from './removed.js'
import { addSimilar, agendaPage, markButton, sessionPage } from './views.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. Words need no pause. */
const TYPING_PAUSE_MS = 90

/** An answer that has stood for so long is being read: a better one no longer takes its place unasked. */
const READING_MS = 1000

/** A question on which the visitor has rested so long is one to come back to. */
const REST_MS = 1500

/** Added each time that more are asked for, and shown where there is no question. */
const HITS_STEP = 10

const title = document.title
let search: Search<SessionFields> | undefined
let meaning: Meaning = 'loading'
/** `?backend=auto` or `?backend=webgpu` lets the visitor's GPU take part. */
const backend = (new URLSearchParams(location.search).get('backend') ?? 'cpu') as BackendOption

let request: Request = readAddress(location.href)
let limit = HITS
/** Whether sessions are shown that hardly answer the question, because the visitor wants to see them. */
let far = false
let timer: ReturnType<typeof setTimeout> | undefined
let rest: ReturnType<typeof setTimeout> | undefined
/** The address that the history holds for this place; the page's own runs ahead of it while somebody types. */
let remembered = location.href
/** When the answer on the screen came: one that has stood for a while is being read. */
let shownAt = 0
/** Counts what was asked of the search, so that an answer that comes too late is known as such. */
let asked = 0

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

const filters = new FilterPanel(byId('filters'), FILTER_FIELDS, () => change({ filters: filters.chosen }, true))

/** Shows the page of a session, or the agenda. */
async function showView(): Promise<void> {
  const asFor = request
  const { view, session = '' } = request
  try {
    const { title: name, content } = await (view === 'session'
      ? sessionPage(session, agenda, leaveSession)
      : agendaPage(agenda))
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
    if (!apart) link.href = withRequest(location.href, { ...request, session: undefined, view })
  }
  return apart
}

/** Shows what is asked for now. Whatever was asked before and is not answered yet never will be. */
async function show(): Promise<void> {
  const turn = ++asked
  if (switchView()) return showView()
  if (request.view === 'map') await map.draw().catch((error) => showFailure('The map could not be loaded', error))
  if (!search || turn !== asked) return
  const isCurrent = () => turn === asked
  try {
    const browsing = !request.question.trim()
    const order = browsing ? { sort: 'start' } : { far }
    const chosen = { filters: chosenFilters(request.filters), facets: FILTER_FIELDS }
    const onMap = request.view === 'map'
    const answer = await search.query(request.question, {
      limit: onMap ? search.info.documents : browsing ? Math.max(limit, HITS_STEP) : limit,
      ...chosen,
      ...order,
    })
    if (!isCurrent()) return
    filters.count(answer.facets)
    shownAt = performance.now()
    showAnswer(answer, search, { request, meaning, far, showFar, clearFilters, loadMeaning }, agenda, map)
  } catch (error) {
    if (!isCurrent() || (error instanceof InklingError && error.code === 'cancelled')) return
    showFailure('The search failed', error)
  }
}

function showFailure(what: string, error: unknown): void {
  page.failure.replaceChildren(...say.failure(what, error))
  page.failure.hidden = false
}

/** Takes on what the visitor wants now, in the address too, and shows it. */
function change(wanted: Partial<Request>, keepInHistory: boolean): void {
  clearTimeout(timer)
  request = { ...request, ...wanted }
  ;[limit, far] = [HITS, false]
  const address = withRequest(location.href, request)
  if (address !== location.href)
    history[keepInHistory ? 'pushState' : 'replaceState']({ ...history.state, opened: keepInHistory }, '', address)
  if (keepInHistory) remembered = location.href
  nameTab()
  void show()
}

function nameTab(): void {
  document.title = request.question ? `${request.question.slice(0, 80)} – Northlight` : title
}

function ask(question: string): void {
  page.query.value = question
  change({ question }, false)
}

/** Makes the question a place to come back to: on Enter, or when the visitor rests on it. While it is typed it is none. */
function remember(): void {
  clearTimeout(rest)
  const { href } = location
  if (href === remembered) return
  history.replaceState(history.state, '', remembered)
  remembered = href
  history.pushState({ opened: true }, '', href)
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

/** Shows what the address says, after the visitor went back or forth. */
async function followAddress(): Promise<void> {
  const before = request
  clearTimeout(rest)
  remembered = location.href
  request = readAddress(location.href)
  // From a session's page back to the answer, that is as long as it was.
  if (before.view !== 'session') [limit, far] = [HITS, false]
  page.query.value = request.question
  filters.chosen = request.filters
  nameTab()
  await show()
  if (typeof history.state?.scroll === 'number') window.scrollTo(0, history.state.scroll)
  if (before.session !== undefined) linkTo(before.session)?.focus({ preventScroll: true })
}

const linkTo = (id: string) => page.results.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] h2 a`)

/** Goes where a link of the page leads. */
async function follow(wanted: Request): Promise<void> {
  const { scrollY } = window
  remember()
  history.replaceState({ ...history.state, scroll: scrollY }, '')
  page.query.value = wanted.question
  filters.chosen = wanted.filters
  request = wanted
  const address = withRequest(location.href, wanted)
  if (address !== location.href) history.pushState({ opened: true }, '', address)
  remembered = location.href
  nameTab()
  await show()
  window.scrollTo(0, 0)
  if (request === wanted) page.view.querySelector('h1')?.focus({ preventScroll: true })
}

async function showMore(): Promise<void> {
  const shown = page.results.childElementCount
  limit = shown < HITS_STEP ? HITS_STEP : shown + HITS_STEP
  await show()
  const first = page.results.children[shown]
  if (!(first instanceof HTMLElement)) return
  first.tabIndex = -1
  first.focus({ preventScroll: true })
}

function listen(): void {
  page.form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask(page.query.value)
    remember()
  })
  page.query.addEventListener('input', () => {
    clearTimeout(timer)
    clearTimeout(rest)
    rest = setTimeout(remember, REST_MS)
    timer = setTimeout(() => ask(page.query.value), meaning === 'ready' ? TYPING_PAUSE_MS : 0)
  })
  page.more.addEventListener('click', () => void showMore())
  addEventListener('popstate', () => void followAddress())
  // The examples are links to their answers; here they are answered without leaving the page.
  document.addEventListener('click', (event) => {
    const link =
      event.target instanceof Element && event.target.closest<HTMLAnchorElement>('.examples a, a[data-inner]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (link.dataset.inner === undefined) return (ask(readAddress(link.href).question), remember())
    void follow(readAddress(link.href))
  })
}

function showProgress(progress: Progress): void {
  countBytes(progress)
  if (search && meaning === 'loading') say.progress(progress)
}

function become(now: Meaning): void {
  meaning = document.body.dataset.meaning = now
}

/** Fetches the model that waited for the visitor. */
function loadMeaning(): void {
  become('loading')
  say.progress()
  // The button that was pressed is gone.
  page.query.focus()
  void search?.loadSemantic().catch(() => {})
}

/** From now on questions are answered by meaning, too; the one on the screen is, unless the visitor is busy with it. */
function meaningIsReady(): void {
  become('ready')
  // The pages of sessions and the agenda are not ranked.
  if (!page.view.hidden) return
  const read = page.results.childElementCount > 0 && performance.now() - shownAt >= READING_MS
  if (!read && !page.results.contains(document.activeElement)) return void show()
  say.note(say.offer(() => void show()))
}

function meaningFailed(error: unknown): void {
  become('failed')
  showFailure('Keyword results only: smart search could not be loaded', error)
  if (page.view.hidden) void show()
}

async function start(): Promise<void> {
  page.query.value = request.question
  nameTab()
  countAgenda()
  listen()
  if (switchView()) void showView()
  try {
    const opened = await createSearch<SessionFields>({
      url: 'search/',
      semantic: 'auto',
      cache: !isRemoved(),
      backend,
      onProgress: showProgress,
    })
    const everything = await opened.query('', { sort: 'start', facets: FILTER_FIELDS, limit: 1 })
    filters.fill(everything.facets, request.filters)
    // Only now, or a keystroke would have cancelled that.
    search = opened
  } catch (error) {
    say.note('')
    become('failed')
    page.empty.hidden = true
    return showFailure('The search could not be loaded', error)
  }
  search.semantic.then(meaningIsReady, meaningFailed)
  become(search.waitingBytes === undefined ? 'loading' : 'waiting')
  if (search.waitingBytes === undefined) say.progress()
  else say.note(...say.saving(search.waitingBytes, loadMeaning))
  // The session's page is there already, but for what only the index knows.
  if (request.view === 'session') await addSimilar(request.session ?? '', search).catch(() => {})
  // The agenda is whole without the index; made anew it would lose the visitor's place.
  else if (request.view !== 'agenda') await show()
}

void start()
