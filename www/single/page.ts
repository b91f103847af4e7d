/** The page of a search that is one file: a box, the documents that answer best, and nothing that is fetched. */
import { byId, element, marked, textButton } from '../page/elements.js'
import { FilterPanel } from '../page/filters.js'
import { InklingError } from '../src/errors.js'
import { createSearch, type Search } from '../src/search.js'
import type { Hit, QueryResult } from '../src/types.js'
import { filterFields, takeFiles } from './files.js'
import { takeWorker } from './start.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. */
const TYPING_PAUSE_MS = 90

/** Shown at first, and after that in steps. */
const HITS = 3
const HITS_STEP = 10

let search: Search | undefined
let filters: FilterPanel<string> | undefined
let limit = HITS
let timer: ReturnType<typeof setTimeout> | undefined

const say = (text: string) => {
  byId('status').textContent = text
}

/** Where a document is on the web, if it is known: an address from here would lead nowhere. */
function addressOf({ url }: Hit): string | undefined {
  const site = document.body.dataset.site
  if (!url || !URL.canParse(url, site || undefined)) return undefined
  const address = new URL(url, site || undefined)
  return /^https?:$/.test(address.protocol) ? address.href : undefined
}

function card(hit: Hit): HTMLElement {
  const title = marked(hit.title, hit.titleMatches)
  const heading = element('h2')
  const address = addressOf(hit)
  if (address) {
    const link = element('a', '', ...title)
    link.href = address
    heading.append(link)
  } else heading.append(...title)
  const facts = Object.entries(hit.fields).flatMap(([name, value]) => {
    const shown = (Array.isArray(value) ? value : [value])
      .filter((one) => ['string', 'number'].includes(typeof one) && one !== '')
      .map(readable)
      .join(', ')
    return shown ? [element('div', '', element('dt', '', name), element('dd', '', shown))] : []
  })
  const made = element('li', '', heading, element('p', 'passage', ...marked(hit.passage.text, hit.matches)))
  made.dataset.id = hit.id
  if (facts.length > 0) made.append(element('dl', '', ...facts))
  const similar = textButton('Similar', () => void showSimilar(hit))
  similar.setAttribute('aria-label', `Similar: ${hit.title}`)
  made.append(similar)
  return made
}

/** `2027-05-10T08:45` is `2027-05-10 08:45`. */
const readable = (value: unknown) => String(value).replace(/^(\d{4}-\d\d-\d\d)T(?=\d\d:\d\d)/, '$1 ')

function showHits(hits: Hit[]): void {
  const results = byId('results')
  results.replaceChildren(...hits.map(card))
  results.hidden = hits.length === 0
}

/** Shows the documents most like one in place of the answer, and a way back to it. */
async function showSimilar({ id, title }: Hit): Promise<void> {
  try {
    const hits = await search?.similar(id, { limit: HITS })
    if (!hits) return
    showHits(hits)
    delete byId('results').dataset.question
    byId('more').hidden = true
    const back = textButton('Back', () => {
      byId('query').focus()
      void answer()
    })
    byId('status').replaceChildren(`Similar to “${title}”. `, back)
    back.focus()
  } catch (error) {
    fail(error)
  }
}

function show(question: string, { hits, found, facets, mode, timings }: QueryResult): void {
  const results = byId('results')
  filters?.count(facets)
  showHits(hits)
  results.dataset.question = question
  results.dataset.mode = mode
  byId('more').hidden = found <= hits.length
  const how =
    mode === 'lexical' ? 'by words; meaning is loading' : `in ${timings.total.toFixed(timings.total < 10 ? 1 : 0)} ms`
  if (!question) say(found > 0 ? `${found} found.` : 'Ready.')
  else if (found === 0) say('Nothing comes close. Other words may help.')
  else say(`${found > hits.length ? `The best ${hits.length} of ${found}` : found} found, ${how}.`)
}

async function answer(): Promise<void> {
  if (!search) return
  const question = byId<HTMLInputElement>('query').value.trim()
  try {
    const { fields = [], chosen = {} } = filters ?? {}
    const ticked = Object.fromEntries(Object.entries(chosen).filter(([, values]) => values.length > 0))
    // Neither question nor filter: only the counts are of interest, of all there is.
    const [sort] = question || Object.keys(ticked).length > 0 ? [] : fields
    const found = await search.query(question, {
      limit: question ? limit : Math.max(limit, HITS_STEP),
      filters: ticked,
      facets: fields,
      ...(sort && { sort }),
    })
    show(question, sort ? { ...found, hits: [], found: 0 } : found)
  } catch (error) {
    if (!(error instanceof InklingError && error.code === 'cancelled')) fail(error)
  }
}

function fail(error: unknown): void {
  const { code, message } = error instanceof InklingError ? error : { code: 'internal', message: String(error) }
  byId('progress').hidden = true
  say(`The search failed: ${message} (${code})`)
}

function ask(pause: number): void {
  limit = HITS
  clearTimeout(timer)
  timer = setTimeout(() => void answer(), pause)
}

async function showMore(): Promise<void> {
  const results = byId('results')
  const shown = results.childElementCount
  limit = shown < HITS_STEP ? HITS_STEP : shown + HITS_STEP
  await answer()
  const first = results.children[shown]
  if (!(first instanceof HTMLElement)) return
  first.tabIndex = -1
  first.focus({ preventScroll: true })
}

/** Shows the filters, unless there is nothing to filter by. */
async function offerFilters(fields: readonly string[], of: Search): Promise<void> {
  const panel = byId('filters')
  const [sort] = fields
  if (!sort) return panel.remove()
  const { facets } = await of.query('', { sort, facets: fields, limit: 1 })
  filters = new FilterPanel(panel, fields, () => ask(0))
  filters.fill(facets)
}

async function start(): Promise<void> {
  byId('form').addEventListener('submit', (event) => {
    event.preventDefault()
    ask(0)
  })
  byId('query').addEventListener('input', () => ask(TYPING_PAUSE_MS))
  byId('more').addEventListener('click', () => void showMore())
  try {
    const files = await takeFiles((share) => (byId<HTMLProgressElement>('progress').value = share))
    await takeWorker()
    const opened = await createSearch({ files })
    await offerFilters(filterFields(files), opened)
    // Only now may the visitor ask: a question would have cancelled that for the filters' values.
    search = opened
    await answer()
    await search.semantic
    byId('progress').hidden = true
    await answer()
  } catch (error) {
    fail(error)
  }
}

addEventListener('DOMContentLoaded', () => void start())
