/** Shows an answer of the search: as cards, the best three large, or on the map. */
import type { Hit, QueryResult, Search } from 'inkling-search'
import { chosenFilters, inAddress, type Request } from './address.js'
import type { Agenda } from './agenda.js'
import { offerWholePassages, type SessionFields, sessionCard } from './card.js'
import type { SessionMap } from './map.js'
import * as say from './messages.js'
import { page } from './page.js'
import { fillPanel } from './panel.js'
import { agendaButton } from './views.js'

/** Sessions shown at first, and large; what follows them is shown in rows. */
export const HITS = 3

/** Where the model stands. `waiting`: not fetched until the visitor asks for it. */
export type Meaning = 'loading' | 'waiting' | 'ready' | 'failed'

/** How an answer came about, and what the visitor can do next. */
export interface Situation {
  request: Request
  meaning: Meaning
  /** Whether sessions are shown that hardly answer the question, because the visitor wants to see them. */
  far: boolean
  showFar: () => void
  clearFilters: () => void
  loadMeaning: () => void
}

/** Shows an answer in place of the one before. */
export function showAnswer(
  answer: QueryResult<SessionFields>,
  of: Search<SessionFields>,
  situation: Situation,
  agenda: Agenda,
  map: SessionMap,
): void {
  const { request, meaning } = situation
  const browsing = !request.question.trim()
  const all = browsing && Object.keys(chosenFilters(request.filters)).length === 0
  fillPanel(page.panel, of.info, browsing ? undefined : answer)
  page.map.hidden = request.view !== 'map'
  if (request.view === 'map') showMap(answer, all, of, map)
  else showList(answer, browsing, all, of, situation, agenda)
  // Until the model is there, the line tells of that.
  if (meaning === 'ready' || meaning === 'failed') say.note(browsing ? '' : say.speed(answer))
}

function showList(
  answer: QueryResult<SessionFields>,
  browsing: boolean,
  all: boolean,
  of: Search<SessionFields>,
  situation: Situation,
  agenda: Agenda,
): void {
  const { hits, found, mode } = answer
  const { request, meaning, far, showFar, clearFilters, loadMeaning } = situation
  showCards(all ? [] : hits, browsing ? 0 : HITS, agenda)
  page.results.dataset.question = inAddress(request.question)
  page.results.dataset.mode = mode
  page.more.hidden = page.results.hidden || found <= hits.length
  const filtered = Object.keys(chosenFilters(request.filters)).length > 0
  if (all) page.empty.replaceChildren('The three sessions that answer best will appear here.')
  else if (found === 0) {
    const byWords = mode === 'lexical'
    const actions = { showFar: byWords ? undefined : showFar, clear: filtered ? clearFilters : undefined, loadMeaning }
    page.empty.replaceChildren(
      ...say.nothingClose(request, byWords ? meaning : 'ready', of.waitingBytes ?? 0, page.examples, actions),
    )
  }
  const ready = all && meaning === 'ready'
  page.status.textContent = ready ? say.ready(of.info) : say.summary(answer, { browsing, filtered, far }, of.info)
}

/** Shows sessions, the first `large` of them large. */
function showCards(hits: Hit<SessionFields>[], large: number, agenda: Agenda): void {
  const cards = hits.map((hit) => sessionCard(hit, agendaButton(hit, agenda)))
  for (const card of cards.slice(large)) card.classList.add('compact')
  page.results.replaceChildren(...cards)
  page.results.hidden = hits.length === 0
  page.empty.hidden = hits.length > 0
  offerWholePassages(page.results)
}

function showMap(
  { hits, found }: QueryResult<SessionFields>,
  all: boolean,
  { info }: Search<SessionFields>,
  map: SessionMap,
): void {
  for (const part of [page.results, page.empty, page.more]) part.hidden = true
  map.light(all ? undefined : hits.map(({ id }) => id))
  page.status.textContent = all
    ? `All ${info.documents} sessions: similar ones are close together.`
    : `${found} of ${info.documents} sessions are highlighted.`
}
