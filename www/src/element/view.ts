/** Shows the state of a session: filters, the list, a message, and a line about how the answer came about. */
import type { InklingError } from '../errors.js'
import type { Hit } from '../types.js'
import { button, focusedBeside, hide, isVisible, make } from './dom.js'
import type { Engine } from './engine.js'
import type { FilterBar } from './filters.js'
import { type HitSettings, hitOption } from './hits.js'
import type { Wording } from './messages.js'
import type { reading } from './reading.js'
import type { Recent } from './recent.js'
import { chosen, hitsOf, Session, type Shown } from './session.js'

/** Nothing is said while somebody is typing: an answer has to stand for so long before it is. */
const SAY_AFTER_MS = 400

/** How many values that a question names are offered as filters. */
const OFFERS_MAX = 5

/** How many questions to try are offered where nothing is found. */
const SUGGESTIONS_MAX = 3

/** The element, as far as what is shown depends on it. */
export interface Owner extends HitSettings {
  readonly engine: Engine
  readonly wording: Wording
  /** Resolves when `wording` is in the language of the page. */
  readonly translated: Promise<void>
  readonly limit: number
  readonly filters: readonly string[]
  /** What shows these: fetched where there are any. */
  FilterBar?: typeof FilterBar
  readonly sort: string | undefined
  readonly atEnd: boolean
  /** Questions to try, shown while the box is empty. */
  readonly suggestions: readonly string[]
  readonly recent: Recent | undefined
  /** False when a listener prevented what the event is about. */
  emit(name: string, detail: unknown): boolean
  /** Whether this is the first answer by keywords of all. */
  firstByWords(): boolean
}

/** What a view is part of. */
export interface ViewEvents {
  /** The options are others now. */
  options(options: HTMLElement[], label: string): void
  /** A hit was chosen, by a link that may lead away. */
  chosen(): void
  /** A question of the list is to be asked. */
  ask(text: string): void
  /** Where all results are; undefined where they are shown here. */
  address(): string | undefined
  /** Brings the focus back into the box. */
  focus(): void
}

/** A session and its view, told of each other. */
export function converse(owner: Owner, changed: () => void, events: ViewEvents): { session: Session; view: View } {
  const session = new Session(owner.engine, () => owner, {
    changed,
    answered: ({ question, result }) =>
      owner.emit('inkling-results', { query: question.text, filters: question.filters, ...result }),
    failed: (error) => owner.emit('inkling-error', error),
  })
  return { session, view: new View(owner, session, events) }
}

/** One rendered session. */
export class View {
  readonly root = make('div', 'panel')
  readonly list = make('div', 'list')
  /** Announces to screen readers what has changed; never seen, and always there, or it would not be read. */
  readonly status = make('p', 'status')
  readonly #filters: FilterBar | undefined
  readonly #lead = make('p', 'lead')
  readonly #understood = make('div', 'understood')
  readonly #message = make('div', 'message')
  readonly #reading = make('div', 'in-place')
  readonly #more = make('div', 'more')
  readonly #said = make('span', 'said')
  #offer = this.#offerOf('')
  #act: (() => void) | undefined
  readonly #keys = make('p', 'keys')
  readonly #owner: Owner
  readonly #session: Session
  readonly #events: ViewEvents
  #shown: Shown | undefined
  #read: unknown
  /** What shows a text in place: fetched with the first. */
  #reader: typeof reading | undefined
  #drawn = ''
  #saying: ReturnType<typeof setTimeout> | undefined

  constructor(owner: Owner, session: Session, events: ViewEvents) {
    this.#owner = owner
    this.#session = session
    this.#events = events
    this.#filters = owner.FilterBar && new owner.FilterBar((field, value) => session.toggle(field, value))
    this.status.setAttribute('role', 'status')
    this.#keys.ariaHidden = 'true'
    const foot = make('div', 'foot', make('p', 'note', this.#said, ' ', this.#offer), this.#keys)
    const parts = [this.#lead, this.list, this.#understood, this.#reading, this.#message, this.#more]
    this.root.append(...(this.#filters ? [this.#filters.root] : []), make('div', 'body', ...parts, foot))
    for (const part of parts) part.hidden = true
  }

  /** Shows the state as it is now. */
  render(): void {
    const { phase, shown, failure, reading, question } = this.#session.state
    this.root.classList.toggle('inkling-busy', phase === 'opening' || phase === 'asking')
    this.#keepFocus(() => {
      if (phase === 'failed' && failure) this.#drawFailure(failure)
      else if (shown) this.#drawAnswer(shown)
      else if (phase === 'idle') this.#drawIdle()
      else this.#drawWaiting(question.text.trim())
      this.#drawReading(reading)
      this.#describe()
    })
  }

  /** What the list is filled with: whether there is something to look at at all. */
  get isEmpty(): boolean {
    return [this.list, this.#message, this.#reading].every((part) => part.hidden)
  }

  /** Says nothing of what was to be said. */
  hush(): void {
    clearTimeout(this.#saying)
  }

  #drawAnswer(shown: Shown): void {
    const before = this.#shown
    const { question, result } = shown
    const { wording, engine } = this.#owner
    this.#shown = shown
    this.#drawn = 'answer'
    if (before === shown) return
    this.#filters?.show(
      question.text,
      {
        values: this.#session.state.values,
        counts: result.facets,
        chosen: question.filters,
        documents: engine.search?.info.documents ?? 0,
      },
      wording,
    )
    const nothing = result.hits.length === 0
    const nearest = question.minScore !== 'auto' && question.text.trim() !== '' && !nothing
    if (nothing && !chosen(question.filters)) this.#filters?.hide()
    this.#put(this.#understood, this.#offers(shown))
    this.#put(this.#lead, nearest ? [wording.messages.nearest, ' ', ...foreignTo(shown)] : [])
    this.#put(this.#message, nothing ? this.#nothing(shown) : [])
    // A better answer that is the same leaves the list, and what is marked in it, as it is.
    if (!before || !isSame(before, shown)) this.#drawHits(shown, before)
    this.#say(nothing ? this.#nothingSaid(shown) : summaryOf(shown, wording))
  }

  /** Values that the question names, each as a button that filters by it, and those that are filtered by already. */
  #offers({ question: { filters }, result: { understood = [] } }: Shown): Node[] {
    const { wording } = this.#owner
    const applied = Object.entries(filters).flatMap(([field, values]) => values.map((value) => ({ field, value })))
    const named = [...understood, ...applied].map(
      ({ field, value }) => [`${field} ${value}`, { field, value }] as const,
    )
    const offers = [...new Map(named)].slice(0, OFFERS_MAX)
    return offers.map(([key, { field, value }]) => {
      const text = wording.say('only', { value: wording.value(value) })
      const offer = button('filter', text, () => this.#session.toggle(field, value))
      offer.ariaPressed = String(filters[field]?.includes(value) ?? false)
      offer.title = wording.field(field)
      // It has a button elsewhere, which may be far from here.
      const isNamed = understood.some((one) => `${one.field} ${one.value}` === key)
      offer.classList.toggle('inkling-chosen', !isNamed && this.#owner.filters.includes(field))
      return offer
    })
  }

  /** What the site puts below an option, where that can be. */
  actionsOf(option: HTMLElement): Node[] {
    const hit = this.#shown?.result.hits.find(({ id }) => id === option.dataset.id)
    const actions = hit && this.#owner.renderActions?.(hit)
    return actions ? [actions] : []
  }

  #drawHits(shown: Shown, before: Shown | undefined): void {
    const { hits, found } = shown.result
    const options = hits.map((hit) => this.#option(hit))
    const address = this.#events.address()
    const rest = found > hits.length
    if (rest && address !== undefined) options.push(this.#allRow(found, address))
    if (before?.question.text !== shown.question.text) this.root.scrollTop = 0
    this.#events.options(options, this.#owner.wording.messages.results)
    this.#put(this.#more, rest && address === undefined ? [this.#moreButton(found)] : [])
  }

  #option(hit: Hit): HTMLElement {
    const option = hitOption(hit, this.#owner)
    option.addEventListener('click', (event) => {
      this.#owner.recent?.add(this.#session.state.question.text)
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey
      if (!this.#owner.emit('inkling-select', hit)) event.preventDefault()
      else if (this.#owner.addressOf(hit) === undefined) return void this.#session.open(hit)
      if (!elsewhere) this.#events.chosen()
    })
    return option
  }

  #allRow(found: number, address: string): HTMLElement {
    const row = make('a', 'option', make('span', 'all', this.#owner.wording.count('showAll', found)))
    row.classList.add('inkling-all-row')
    row.href = address
    row.tabIndex = -1
    row.addEventListener('click', () => this.#owner.recent?.add(this.#session.state.question.text))
    return row
  }

  #moreButton(found: number): HTMLButtonElement {
    const { wording } = this.#owner
    const all = found <= this.#session.afterMore
    const text = all ? wording.count('showAll', found) : wording.messages.showMore
    return button('action', text, () => this.#session.more())
  }

  #nothing(shown: Shown): Node[] {
    const { question, foreign } = shown
    const { wording } = this.#owner
    const { messages } = wording
    const query = question.text.trim()
    const nodes: Node[] = [make('p', 'headline', query ? wording.say('nothing', { query }) : messages.nothingFiltered)]
    if (query) nodes.push(make('p', '', ...(foreign ? foreignTo(shown) : [messages.nothingHint])))
    if (chosen(question.filters))
      nodes.push(this.#action(messages.withoutFilters, () => this.#session.ask({ filters: {} })))
    if (query && question.minScore === 'auto')
      nodes.push(this.#action(messages.showNearest, () => this.#session.ask({ minScore: 0 })))
    const suggestions = query ? this.#owner.suggestions.slice(0, SUGGESTIONS_MAX) : []
    if (suggestions.length > 0) nodes.push(make('p', 'field', messages.suggestions))
    for (const text of suggestions) nodes.push(this.#action(text, () => this.#events.ask(text)))
    return nodes
  }

  #nothingSaid({ question, foreign }: Shown): string {
    const { wording } = this.#owner
    const query = question.text.trim()
    return query ? `${wording.say('nothing', { query })} ${foreign?.text ?? ''}` : wording.messages.nothingFiltered
  }

  #drawWaiting(query: string): void {
    const { wording, engine } = this.#owner
    const nodes: Node[] = query ? [make('p', 'headline', wording.say('searching', { query }))] : []
    if (!engine.opened) {
      const bar = make('progress', 'bar')
      bar.ariaLabel = wording.messages.opening
      if (engine.total > 0) Object.assign(bar, { max: engine.total, value: engine.loaded })
      nodes.push(make('p', '', wording.messages.opening), bar)
    }
    this.#clear('waiting')
    this.#put(this.#message, nodes)
  }

  #drawFailure(error: InklingError): void {
    const { messages } = this.#owner.wording
    const advice = adviceFor(error, this.#owner.wording)
    if (this.#drawn !== 'failure') this.#say(`${messages.failed} ${advice}`)
    this.#clear('failure')
    this.#put(this.#message, [
      make('p', 'headline', messages.failed),
      make('p', '', advice, ' (', make('code', '', error.code), ')'),
      error.code === 'replaced'
        ? this.#action(messages.reload, () => location.reload())
        : this.#action(messages.retry, () => this.#retry()),
    ])
  }

  /** Earlier searches, or else questions to try. */
  #drawIdle(): void {
    const { recent, suggestions, wording } = this.#owner
    const { messages } = wording
    const earlier = recent?.list() ?? []
    const texts = earlier.length > 0 ? earlier : suggestions
    const drawn = `idle ${texts.join('\n')}`
    if (this.#drawn === drawn) return
    this.#clear(drawn)
    this.#say('')
    const options = texts.map((text) => {
      const option = make('div', 'option', make('span', earlier.length > 0 ? 'recent' : 'suggestion', text))
      option.addEventListener('click', () => this.#events.ask(text))
      return option
    })
    this.#events.options(options, earlier.length > 0 ? messages.recent : messages.suggestions)
    const forget = () => {
      recent?.forget()
      this.#events.focus()
      this.#session.ask()
    }
    this.#put(this.#message, earlier.length > 0 ? [this.#action(messages.forget, forget)] : [])
  }

  #drawReading(what: Session['state']['reading']): void {
    if (what && !this.#reader) return this.#fetchReader()
    for (const part of [this.list, this.#more]) hide(part, what !== undefined || part.childElementCount === 0)
    if (what === this.#read) return
    const opened = this.#read === undefined
    this.#read = what
    const back = () => {
      this.#session.back()
      this.#events.focus()
    }
    const open = (hit: Hit) => void this.#session.open(hit)
    const nodes = what && this.#reader ? [this.#reader(what, this.#owner, { back, open })] : []
    const focused = this.#reading.contains(focusedBeside(this.root))
    this.#put(this.#reading, nodes)
    this.root.classList.toggle('inkling-reads', what !== undefined)
    if (!what) return
    if (opened || focused) this.#reading.querySelector('button')?.focus({ preventScroll: true })
    if (!opened) return
    this.root.scrollTop = 0
    // In a long text what answers may be far below.
    this.#reading.querySelector('p mark')?.scrollIntoView({ block: 'nearest' })
  }

  #fetchReader(): void {
    import('./reading.js').then(
      (file) => {
        this.#reader = file.reading
        this.render()
      },
      () => this.#session.back(),
    )
  }

  #clear(drawn: string): void {
    this.#drawn = drawn
    this.#shown = undefined
    if (this.list.childElementCount > 0) this.#events.options([], '')
    for (const part of [this.#understood, this.#lead, this.#message, this.#more]) this.#put(part, [])
    if (!chosen(this.#session.state.question.filters)) this.#filters?.hide()
  }

  /** The line at the bottom: what ranks the answer, and what the visitor can do about it. */
  #describe(): void {
    const { engine, wording } = this.#owner
    const { messages } = wording
    this.#explainKeys()
    if (!this.#shown) return this.#tell('')
    const summary = this.#shown.result.hits.length > 0 ? summaryOf(this.#shown, wording) : ''
    if (this.#session.state.better) return this.#tell('', messages.better, () => this.#session.showBetter())
    if (engine.meaning === 'ready') return this.#tell(summary)
    if (engine.meaning === 'failed') {
      const code = engine.failure ? ` (${engine.failure.code})` : ''
      return this.#tell(`${messages.modelFailed}${code}`, messages.retry, () => this.#retry())
    }
    if (engine.meaning === 'waiting') {
      const load = wording.say('loadMeaning', { size: wording.size(engine.waitingBytes) })
      return this.#tell(messages.keywordsOnly, load, () => engine.loadMeaning())
    }
    const text = engine.total > 0 ? wording.loaded(engine.loaded, engine.total) : messages.byWords
    this.#tell(text, messages.stop, () => engine.stopMeaning())
  }

  /** The button stays the same one while a number beside it changes: somebody may be about to press it. */
  #tell(text: string, offer = '', act?: () => void): void {
    if (this.#said.textContent !== text) this.#said.textContent = text
    this.#act = act && (() => (act(), this.#events.focus()))
    if (this.#offer.textContent === offer) return
    const other = this.#offerOf(offer)
    this.#offer.replaceWith(other)
    this.#offer = other
  }

  #offerOf(text: string): HTMLButtonElement {
    const offer = button('action', text, () => this.#act?.())
    offer.hidden = !text
    return offer
  }

  #retry(): void {
    this.#owner.engine.retry()
    this.#session.ask()
  }

  #action(text: string, act: () => void): HTMLButtonElement {
    return button('action', text, () => {
      act()
      // A button that is about to go must not take the focus with it.
      this.#events.focus()
    })
  }

  /** Says what the keys do, where there is something to choose. */
  #explainKeys(): void {
    const { keyChoose, keyOpen, keyClose } = this.#owner.wording.messages
    const keys = Object.entries({ '↑↓': keyChoose, '↵': keyOpen, Esc: keyClose })
    if (this.#keys.childElementCount === 0)
      this.#keys.append(...keys.map(([key, what]) => make('span', '', make('kbd', '', key), ` ${what}`)))
    hide(this.#keys, Boolean(this.list.hidden))
  }

  /** Replaces what a part holds; nothing hides it. */
  #put(part: HTMLElement, content: (Node | string)[]): void {
    if (content.length > 0 || part.hasChildNodes()) part.replaceChildren(...content)
    hide(part, content.length === 0)
  }

  /** What is drawn anew takes the focus over from what it replaces; where it is gone for good, the box gets it back. */
  #keepFocus(draw: () => void): void {
    const focused = focusedBeside(this.root)
    const inside = focused !== null && this.root.contains(focused)
    const part = focused?.parentElement
    draw()
    if (!inside || isVisible(focused)) return
    if (this.root.contains(focusedBeside(this.root))) return
    const buttons = [...this.root.querySelectorAll('button')]
    const alike = buttons.find((one) => one.textContent === focused.textContent) ?? part?.querySelector('button')
    if (alike && isVisible(alike)) alike.focus()
    else this.#events.focus()
  }

  #say(text: string): void {
    const { engine, wording } = this.#owner
    clearTimeout(this.#saying)
    this.#saying = setTimeout(() => {
      const byWords =
        this.#shown && engine.meaning === 'loading' && this.#owner.firstByWords() ? wording.messages.byWords : ''
      this.status.textContent = `${text} ${byWords}`.trim()
    }, SAY_AFTER_MS)
  }
}

/** How much was found, and for what. */
function summaryOf({ result: { hits, found, corrected } }: Shown, wording: Wording): string {
  const summary =
    found > hits.length ? wording.count('best', found, { shown: hits.length }) : wording.count('found', found)
  return corrected === undefined ? summary : wording.say('corrected', { summary, query: corrected })
}

/** What is said to a question in another language, marked as being in that. */
function foreignTo({ foreign }: Shown): Node[] {
  if (!foreign) return []
  const said = make('bdi', '', foreign.text)
  said.lang = foreign.language
  return [said]
}

function isSame(a: Shown, b: Shown): boolean {
  const about = (shown: Shown) => [shown.question.text, shown.result.found, hitsOf(shown)].join('\n')
  return about(a) === about(b)
}

/** What the visitor can do about a failure. */
function adviceFor({ code }: InklingError, { messages }: Wording): string {
  const advice: Record<string, string> = {
    network: messages.checkNetwork,
    blocked: messages.blocked,
    replaced: messages.updated,
    'unsupported-browser': messages.updateBrowser,
  }
  return advice[code] ?? messages.tellSite
}
