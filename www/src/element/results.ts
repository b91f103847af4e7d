/** A page of results: the box with its answer below it, in the flow of the page, and the question in the page's address. */
import type { Filters } from '../types.js'
import { inNextTask } from '../worker/tasks.js'
import { readAddress, withAsked } from './address.js'
import { button, focusedBeside, isVisible, make } from './dom.js'
import type { Session } from './session.js'
import type { converse, Owner, View } from './view.js'

/** A question on which the visitor has rested so long is one to come back to. */
const REST_MS = 1500

/** What a page of results keeps with its place in the history. */
interface Place {
  limit: number
  /** All that is filtered by: a value that the question names may be of a field that the address has no place for. */
  filters: Filters
  scroll: number
}

/** The box and its results, until the signal is aborted. */
export class Results {
  readonly #owner: Owner
  readonly #input: HTMLInputElement
  readonly #session: Session
  readonly #view: View
  readonly #signal: AbortSignal
  #rest: ReturnType<typeof setTimeout> | undefined
  /** Where the page was scrolled to when it was left for a hit. */
  #scroll: number | undefined
  readonly #filters: HTMLElement | null
  /** Leads to the filters where they are below the answers. */
  readonly #toFilters = button('to-filters', '', () => {
    this.#filters?.scrollIntoView()
    this.#filters?.querySelector('button')?.focus({ preventScroll: true })
  })

  /** `begin` is `converse`: given, and not imported, so that this file, which few pages need, holds none of the element's others. */
  constructor(
    owner: Owner,
    input: HTMLInputElement,
    container: HTMLElement,
    signal: AbortSignal,
    begin: typeof converse,
  ) {
    this.#owner = owner
    this.#input = input
    this.#signal = signal
    const { session, view } = begin(owner, () => this.#render(), {
      options: (options, label) => this.#list(options, label),
      chosen: () => {
        this.#remember()
        this.#keepPlace()
      },
      ask: (text) => this.ask(text),
      address: () => undefined,
      focus: () => this.#input.focus({ preventScroll: true }),
    })
    this.#session = session
    this.#view = view
    const { root, list, status } = view
    root.classList.add('inkling-results')
    // The room beside the answers is there from the beginning.
    root.classList.toggle('inkling-filtered', owner.filters.length > 0)
    list.setAttribute('role', 'list')
    this.#filters = root.querySelector<HTMLElement>(':scope > .inkling-filters')
    if (this.#filters) this.#putBehind(this.#filters)
    // What the page has for this place, it names by slot="results".
    const slotted = [...container.querySelectorAll(':scope > [slot=results]')]
    root.querySelector('.inkling-body')?.append(...slotted)
    container.append(root, status)
    signal.addEventListener('abort', () => {
      clearTimeout(this.#rest)
      this.#session.cancel()
      this.#view.hush()
      container.append(...slotted)
      root.remove()
      status.remove()
    })
    this.#listen()
    this.#takeAddress(true)
  }

  /** Takes in what has changed about the search. */
  update(): void {
    this.#session.refresh()
  }

  /** Brings the visitor to the box. */
  open(): void {
    this.#input.focus()
    this.#input.select()
  }

  /** Asks a question, which is a place in the history then. */
  ask(text: string): void {
    this.#input.value = text
    this.#session.ask({ text })
    this.#remember()
  }

  get #name(): string {
    return this.#input.name || 'q'
  }

  /** Tab leads from the box to the answers, and to the filters behind them. */
  #putBehind(filters: HTMLElement): void {
    this.#view.root.append(filters)
    this.#view.root.querySelector('.inkling-body')?.append(this.#toFilters)
  }

  #listen(): void {
    const signal = this.#signal
    // Who moves the page has come back, and is no longer brought there.
    for (const move of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
      document.addEventListener(move, () => (this.#scroll = undefined), { signal, passive: true })
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
      target.addEventListener(type, listener, { signal })
    on(this.#input, 'focus', () => inNextTask(() => void this.#owner.engine.load().catch(() => {}), signal))
    on(this.#input, 'input', () => {
      this.#view.hush()
      this.#session.type(this.#input.value)
      clearTimeout(this.#rest)
      this.#rest = setTimeout(() => this.#remember(), REST_MS)
    })
    if (this.#input.form) on(this.#input.form, 'submit', (event) => this.#onSubmit(event))
    on(this.#input, 'keydown', (event) => {
      const { key, isComposing } = event as KeyboardEvent
      if (key === 'Enter' && !isComposing && !this.#input.form) this.#onSubmit(event)
    })
    for (const part of [this.#input, this.#view.list])
      on(part, 'keydown', (event) => this.#move(event as KeyboardEvent))
    on(window, 'popstate', () => this.#takeAddress(false))
    on(window, 'pagehide', () => this.#keepPlace())
  }

  #onSubmit(event: Event): void {
    event.preventDefault()
    this.#owner.recent?.add(this.#input.value)
    if (this.#session.state.question.text !== this.#input.value || this.#session.state.phase === 'failed')
      this.#session.ask({ text: this.#input.value })
    this.#remember()
  }

  /** The arrows lead from the box through the results and back. */
  #move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return
    const places = [this.#input, ...this.#view.list.querySelectorAll<HTMLElement>('.inkling-option')]
    const next = places[places.indexOf(focusedBeside(this.#input) as HTMLElement) + step]
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  /** Asks what the address asks. While the page shows something else in this one's place, the address is about that. */
  #takeAddress(first: boolean): void {
    if (!first && !isVisible(this.#input)) return
    const { text, filters } = readAddress(location.href, this.#name, this.#owner.filters)
    const place = placeOf(history.state)
    if (first && !text && this.#input.value) return this.#session.ask({ text: this.#input.value })
    this.#input.value = text
    this.#scroll = place?.scroll
    this.#session.ask({ text, filters: { ...place?.filters, ...filters }, ...(place && { limit: place.limit }) })
  }

  /** Puts the question into the address, as a place of its own in the history. */
  #remember(): void {
    clearTimeout(this.#rest)
    if (!isVisible(this.#input)) return
    const { text, filters } = this.#session.state.question
    const address = withAsked(location.href, this.#name, this.#owner.filters, { text, filters })
    if (address !== withAsked(location.href, this.#name, this.#owner.filters, this.#inAddress()))
      history.pushState(null, '', address)
  }

  #inAddress() {
    return readAddress(location.href, this.#name, this.#owner.filters)
  }

  /** Keeps what brings the visitor back to the same place. */
  #keepPlace(): void {
    const { limit, filters } = this.#session.state.question
    const place: Place = { limit, filters, scroll: window.scrollY }
    history.replaceState({ ...history.state, inkling: place }, '')
  }

  #render(): void {
    void this.#owner.translated.then(() => {
      if (this.#signal.aborted) return
      const { filters } = this.#session.state.question
      this.#toFilters.textContent = this.#owner.wording.messages.filters
      this.#view.render()
      if (this.#session.state.phase !== 'answered') return
      if (JSON.stringify(filters) !== JSON.stringify(this.#inAddress().filters)) {
        this.#remember()
        this.#showAnswers()
      }
      // At each answer, since the one by meaning moves what the one by words had put in place.
      if (this.#scroll !== undefined) window.scrollTo(0, this.#scroll)
    })
  }

  /** Who has chosen a filter below the answers sees what it does. */
  #showAnswers(): void {
    const { root, list } = this.#view
    const below = this.#filters && this.#filters.getBoundingClientRect().top >= list.getBoundingClientRect().bottom
    if (below && root.getBoundingClientRect().top < 0) root.scrollIntoView()
  }

  #list(options: HTMLElement[], label: string): void {
    const { list } = this.#view
    const before = list.childElementCount
    const focused = focusedBeside(list)
    const grown = list.ariaLabel === label && focused?.closest('.inkling-more') && options.length > before
    // Who is on a hit, or on one of its buttons, stays there when an answer that is better or longer takes its place.
    const place = list.contains(focused) ? focused?.closest('.inkling-item') : undefined
    const kept = place && options.findIndex(({ dataset }) => dataset.id === optionIn(place)?.dataset.id)
    const button = place ? [...place.querySelectorAll('button')].indexOf(focused as HTMLButtonElement) : -1
    const items = options.map((option) => {
      // What is no link is a button: it opens here.
      if (option instanceof HTMLAnchorElement) option.tabIndex = 0
      else pressable(option)
      const item = make('div', 'item', option, ...this.#view.actionsOf(option))
      item.setAttribute('role', 'listitem')
      return item
    })
    list.replaceChildren(...items)
    list.hidden = items.length === 0
    list.ariaLabel = label
    const item = items[kept ?? -1]
    const next = grown ? options[before] : (item?.querySelectorAll('button')[button] ?? (item && optionIn(item)))
    next?.focus({ preventScroll: true })
  }
}

/** The hit of an item of the list. */
const optionIn = (item: Element) => item.querySelector<HTMLElement>('.inkling-option')

function pressable(option: HTMLElement): void {
  option.setAttribute('role', 'button')
  option.tabIndex = 0
  option.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    option.click()
  })
}

/** The place that a state of the history holds, whoever wrote it. */
function placeOf(state: unknown): Place | undefined {
  const { limit, filters = {}, scroll } = ((state as { inkling?: unknown } | null)?.inkling ?? {}) as Partial<Place>
  return typeof limit === 'number' && typeof scroll === 'number' ? { limit, filters, scroll } : undefined
}
