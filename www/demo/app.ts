/** The demo page: a box, the three best sessions, and what it took to find them. */
import { createSearch, InklingError, type Progress, type QueryResult, type Search } from 'inkling-search'
import { element, offerWholePassages, sessionCard, type SessionFields } from './card.js'

/** Long enough that a fast typist's half-words are not searched, short enough to feel immediate. */
const TYPING_PAUSE_MS = 90

/** Shown at a time. */
const HITS = 3

function byId<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element #${id}`)
  return found as E
}

const page = {
  form: byId<HTMLFormElement>('form'),
  query: byId<HTMLInputElement>('query'),
  examples: byId('examples'),
  loading: byId('loading'),
  loadingText: byId('loading-text'),
  progress: byId<HTMLProgressElement>('progress'),
  status: byId('status'),
  speed: byId('speed'),
  failure: byId('failure'),
  empty: byId('empty'),
  results: byId('results'),
}

const title = document.title
let search: Search<SessionFields> | undefined
let timer: ReturnType<typeof setTimeout> | undefined

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)

function showProgress({ stage, loaded, total }: Progress): void {
  const verbs = { download: 'Loading the language model', cache: 'Reading the language model from this device', prepare: 'Preparing the language model' }
  const amount = stage === 'prepare' || total === 0 ? '' : `: ${megabytes(loaded)} of ${megabytes(total)} MB`
  page.loadingText.textContent = `${verbs[stage]}${amount}`
  if (stage === 'prepare' || total === 0) page.progress.removeAttribute('value')
  else page.progress.value = loaded / total
}

function showFailure(error: unknown): void {
  const { code, message } = error instanceof InklingError ? error : { code: 'internal', message: String(error) }
  const again = element('button', '', 'Try again')
  again.type = 'button'
  again.addEventListener('click', () => location.reload())
  page.failure.replaceChildren(
    element('h2', '', 'The search could not be loaded'),
    element('p', '', `${message} (`, element('code', '', code), ')'),
    again,
  )
  page.failure.hidden = false
  page.loading.hidden = true
  page.empty.hidden = true
  page.results.hidden = true
}

function showNothing(of: Search<SessionFields>): void {
  page.results.hidden = true
  page.results.replaceChildren()
  page.empty.hidden = !page.failure.hidden
  page.status.textContent = `Ready: ${of.info.documents} sessions, searched by ${of.info.model}.`
  page.speed.textContent = ''
}

function showAnswer(question: string, { hits, truncated, timings, backend }: QueryResult<SessionFields>, of: Search<SessionFields>): void {
  if (hits.length === 0) return showNothing(of)
  page.results.replaceChildren(...hits.map(sessionCard))
  page.results.hidden = false
  page.empty.hidden = true
  offerWholePassages(page.results)
  page.results.dataset.question = inAddress(question)
  const cut = truncated ? ` Your question is very long: only its first ${of.info.maxTokens} word pieces were read.` : ''
  page.status.textContent = `The best ${hits.length} of ${of.info.documents} sessions.${cut}`
  const time = timings.total < 10 ? timings.total.toFixed(1) : timings.total.toFixed(0)
  page.speed.textContent = `${time} ms on this device (${backend}, ${of.info.kernel})`
}

async function answer(): Promise<void> {
  if (!search) return
  const question = page.query.value
  try {
    const result = await search.query(question, { limit: HITS })
    page.loading.hidden = true
    showAnswer(question, result, search)
  } catch (error) {
    if (!(error instanceof InklingError && error.code === 'cancelled')) showFailure(error)
  }
}

/** A question may be a whole pasted document, an address must not: as much of it as goes there. */
const inAddress = (question: string) => question.slice(0, 500)

/** Keeps the question in the address, so that it can be shared and the Back button returns to it. */
function remember(keepInHistory: boolean): void {
  const address = new URL(location.href)
  const question = inAddress(page.query.value)
  if (question) address.searchParams.set('q', question)
  else address.searchParams.delete('q')
  document.title = question ? `${question.slice(0, 80)} – Northlight` : title
  if (address.href === location.href) return
  history[keepInHistory ? 'pushState' : 'replaceState'](null, '', address)
}

function ask(question: string, keepInHistory: boolean): void {
  clearTimeout(timer)
  page.query.value = question
  remember(keepInHistory)
  void answer()
}

function readAddress(): void {
  page.query.value = new URL(location.href).searchParams.get('q') ?? ''
}

function listen(): void {
  page.form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask(page.query.value, true)
  })
  page.query.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => ask(page.query.value, false), TYPING_PAUSE_MS)
  })
  addEventListener('popstate', () => {
    readAddress()
    ask(page.query.value, false)
  })
  // The examples are links to their answers; here they are answered without leaving the page.
  page.examples.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    ask(new URL(link.href).searchParams.get('q') ?? '', true)
  })
}

async function start(): Promise<void> {
  readAddress()
  listen()
  try {
    search = await createSearch<SessionFields>({ url: 'search/', onProgress: showProgress })
    // Waits for the model, whether the address brought a question or not.
    await answer()
  } catch (error) {
    showFailure(error)
  }
}

void start()
