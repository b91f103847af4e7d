/** The page of a search that is one file: a box, the documents that answer best, and nothing that is fetched. */
import { InklingError } from '../src/errors.js'
import type { Hit, QueryResult, TextRange } from '../src/protocol.js'
import { createSearch, type Search } from '../src/search.js'
import { takeFiles } from './files.js'
import { takeWorker } from './start-worker.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. */
const TYPING_PAUSE_MS = 90

/** Shown at first, and after that in steps. */
const HITS = 3
const HITS_STEP = 10

let search: Search | undefined
let limit = HITS
let timer: ReturnType<typeof setTimeout> | undefined

function byId<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element #${id}`)
  return found as E
}

function element(name: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...content)
  return made
}

const say = (text: string) => {
  byId('status').textContent = text
}

/** A text with its matching parts marked. Built of text nodes: data never becomes markup. */
function marked(text: string, ranges: readonly TextRange[]): (string | Node)[] {
  const parts: (string | Node)[] = []
  let end = 0
  for (const [from, to] of ranges) {
    parts.push(text.slice(end, from), element('mark', '', text.slice(from, to)))
    end = to
  }
  return [...parts, text.slice(end)]
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
  const heading = element('h2', '')
  const address = addressOf(hit)
  if (address) {
    const link = element('a', '', ...title) as HTMLAnchorElement
    link.href = address
    heading.append(link)
  } else heading.append(...title)
  const facts = Object.entries(hit.fields).flatMap(([name, value]) => {
    const shown = (Array.isArray(value) ? value : [value]).filter((one) => ['string', 'number'].includes(typeof one) && one !== '').join(', ')
    return shown ? [element('div', '', element('dt', '', name), element('dd', '', shown))] : []
  })
  const made = element('li', '', heading, element('p', 'passage', ...marked(hit.passage.text, hit.matches)))
  made.dataset.id = hit.id
  if (facts.length > 0) made.append(element('dl', '', ...facts))
  return made
}

function show(question: string, { hits, found, mode, timings }: QueryResult): void {
  const results = byId('results')
  results.replaceChildren(...hits.map(card))
  results.hidden = hits.length === 0
  results.dataset.question = question
  results.dataset.mode = mode
  byId('more').hidden = found <= hits.length
  const how = mode === 'lexical' ? 'by words; meaning is loading' : `in ${timings.total.toFixed(timings.total < 10 ? 1 : 0)} ms`
  if (!question) say('Ready.')
  else if (found === 0) say('Nothing comes close. Other words may help.')
  else say(`${found > hits.length ? `The best ${hits.length} of ${found}` : found} found, ${how}.`)
}

async function answer(): Promise<void> {
  if (!search) return
  const question = byId<HTMLInputElement>('query').value.trim()
  try {
    show(question, await search.query(question, { limit }))
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
    search = await createSearch({ files })
    await answer()
    await search.semantic
    byId('progress').hidden = true
    await answer()
  } catch (error) {
    fail(error)
  }
}

addEventListener('DOMContentLoaded', () => void start())
