/** A text box that answers as one types: what the element puts over the site's own form, and into its dialog. */

import type { InklingError } from '../errors.js'
import type { Hit, QueryResult } from '../types.js'
import { inNextTask, nextTask } from '../worker/tasks.js'
import { Combobox } from './combobox.js'
import type { Wording } from './messages.js'
import { button, hitOption, make, Panel } from './panel.js'
import type { Recent } from './recent.js'
import type { Session } from './session.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. Words need no pause. */
const TYPING_PAUSE_MS = 90

/** The element, as far as its boxes need it. */
export interface Owner {
  readonly session: Session
  readonly wording: Wording
  /** Resolves when `wording` is in the language of the page. */
  readonly translated: Promise<void>
  readonly limit: number
  readonly filters: string[]
  readonly show: string[]
  readonly recent: Recent | undefined
  /** False when a listener prevented what the event is about. */
  emit(name: string, detail: unknown): boolean
  /** Whether this is the first answer by words of all. */
  firstByWords(): boolean
}

/** One box and its panel, until its signal is aborted. */
export class Box {
  readonly #owner: Owner
  readonly #input: HTMLInputElement
  readonly #container: HTMLElement
  readonly #panel = new Panel(() => this.ask())
  readonly #combobox: Combobox
  /** Closes the dialog that the box is in. */
  readonly #leave: (() => void) | undefined
  /** Counts what was asked, so that an answer that comes too late is known as such. */
  #turn = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #shown: { text: string; mode: string; summary: string } | undefined

  constructor(owner: Owner, input: HTMLInputElement, container: HTMLElement, signal: AbortSignal, leave?: () => void) {
    this.#owner = owner
    this.#input = input
    this.#container = container
    this.#leave = leave
    const { root, list, status } = this.#panel
    this.#panel.message = []
    container.append(root, status)
    this.#combobox = new Combobox(input, list, { open: () => this.#open(), close: () => this.#close() }, signal)
    this.#combobox.show([])
    this.#listen(signal)
    signal.addEventListener('abort', () => {
      this.#turn++
      clearTimeout(this.#timer)
      root.remove()
      status.remove()
    })
    if (document.activeElement === input) this.#onFocus(signal)
  }

  /** Asks what is in the box now. Whatever was asked before and is not answered yet never will be. */
  ask(): void {
    clearTimeout(this.#timer)
    void this.#ask(++this.#turn)
  }

  /** Takes in what has changed about the search. */
  update(): void {
    const { meaning } = this.#owner.session
    this.#describe()
    if (!this.#shown || meaning !== 'ready' || this.#shown.mode !== 'lexical') return
    // Whoever is about to choose an option is not to have it taken away.
    if (!this.#combobox.active) return this.ask()
    this.#note(button('action', this.#owner.wording.messages.again, () => this.ask()))
  }

  #listen(signal: AbortSignal): void {
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
      target.addEventListener(type, listener, { signal })
    on(this.#input, 'focus', () => this.#onFocus(signal))
    on(this.#input, 'click', () => this.#open())
    on(this.#input, 'input', () => {
      clearTimeout(this.#timer)
      this.#turn++
      this.#timer = setTimeout(() => this.ask(), this.#owner.session.meaning === 'ready' ? TYPING_PAUSE_MS : 0)
    })
    if (this.#input.form) on(this.#input.form, 'submit', () => this.#owner.recent?.add(this.#input.value))
    on(this.#container, 'focusout', (event) => {
      if (!this.#container.contains((event as FocusEvent).relatedTarget as Node | null)) this.#hide()
    })
    on(this.#panel.root, 'keydown', (event) => {
      if ((event as KeyboardEvent).key !== 'Escape' || !this.#close()) return
      event.preventDefault()
      this.#input.focus()
    })
    // A touch or a click elsewhere may leave the focus where it was.
    on(document, 'pointerdown', (event) => {
      if (!this.#container.contains(event.target as Node)) this.#hide()
    })
  }

  /** Each in a task of its own: the key that brought the focus here is not held up by them. */
  #onFocus(signal: AbortSignal): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#open())
    inNextTask(() => void this.#owner.session.load().catch(() => {}), signal)
  }

  async #ask(turn: number): Promise<void> {
    const { session, limit, filters: facets } = this.#owner
    const text = this.#input.value
    const filters = this.#panel.chosen
    await this.#owner.translated
    if (turn !== this.#turn) return
    if (!text.trim() && !filters) return this.#showRecent()
    try {
      if (!session.search) this.#wait()
      const search = await session.load()
      if (turn !== this.#turn) return
      const answer = await search.query(text, { limit, facets, ...(filters && { filters }) })
      if (turn !== this.#turn) return
      const options = answer.hits.map((hit) => this.#option(hit))
      // On a slow device an answer is made and shown in two parts, and keys come between.
      await nextTask()
      if (turn === this.#turn) this.#show(text, answer, options)
    } catch (thrown) {
      const error = thrown as InklingError
      if (turn !== this.#turn || error.code === 'cancelled') return
      // What kept the search from loading was told already.
      if (session.search) this.#owner.emit('inkling-error', error)
      this.#showFailure(error)
    }
  }

  #show(text: string, answer: QueryResult, options: HTMLElement[]): void {
    const { wording } = this.#owner
    const { hits, facets, mode } = answer
    const nothing = hits.length === 0 && text.trim() !== ''
    const summary = summaryOf(answer, wording)
    this.#keepFocus()
    this.#shown = { text, mode, summary: nothing ? '' : summary }
    this.#combobox.show(options)
    this.#panel.message = hits.length === 0 ? this.#nothing(text) : []
    const counts = Object.fromEntries(this.#owner.filters.map((field) => [field, facets[field] ?? []]))
    this.#panel.showFilters(counts, this.#owner.session.search?.info.documents ?? 0, wording)
    const byWords =
      this.#owner.session.meaning === 'loading' && this.#owner.firstByWords() ? wording.messages.byWords : ''
    const said = nothing ? wording.say('nothing', { query: text.trim() }) : summary
    this.#panel.status.textContent = `${said} ${byWords}`.trim()
    this.#describe()
    this.#reveal()
    this.#owner.emit('inkling-results', { query: text, ...answer })
  }

  #option(hit: Hit): HTMLElement {
    const option = hitOption(hit, this.#owner.show)
    option.addEventListener('click', (event) => {
      this.#owner.recent?.add(this.#input.value)
      if (!this.#owner.emit('inkling-select', hit)) event.preventDefault()
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey
      if (!elsewhere) this.#close()
    })
    return option
  }

  #nothing(text: string): Node[] {
    const { wording } = this.#owner
    const { messages } = wording
    const query = text.trim()
    const nodes: Node[] = [make('p', 'headline', query ? wording.say('nothing', { query }) : messages.nothingFiltered)]
    if (query) nodes.push(make('p', '', messages.nothingHint))
    if (this.#panel.chosen) nodes.push(button('action', messages.withoutFilters, () => this.#dropFilters()))
    return nodes
  }

  #dropFilters(): void {
    this.#panel.clearFilters()
    this.#input.focus()
    this.ask()
  }

  #wait(): void {
    if (this.#shown) return
    this.#combobox.show([])
    this.#panel.message = [make('p', '', this.#owner.wording.messages.opening)]
    this.#reveal()
  }

  #showFailure(error: InklingError): void {
    const { messages } = this.#owner.wording
    this.#keepFocus()
    this.#shown = undefined
    this.#combobox.show([])
    const code = make('code', '', error.code)
    this.#panel.message = [
      make('p', 'headline', messages.failed),
      make('p', '', this.#advice(error), ' (', code, ')'),
      this.#retry(),
    ]
    this.#panel.status.textContent = `${messages.failed} ${this.#advice(error)}`
    this.#note()
    this.#reveal()
  }

  #advice({ code }: InklingError): string {
    const { checkNetwork, tellSite } = this.#owner.wording.messages
    return code === 'network' ? checkNetwork : tellSite
  }

  #retry(): HTMLButtonElement {
    return button('action', this.#owner.wording.messages.retry, () => {
      this.#input.focus()
      this.#owner.session.retry()
      this.ask()
    })
  }

  /** Earlier searches, where there are any; else nothing at all. */
  #showRecent(): void {
    const { recent, wording } = this.#owner
    const list = recent?.list() ?? []
    this.#keepFocus()
    this.#shown = undefined
    this.#panel.hideFilters()
    this.#panel.status.textContent = ''
    this.#combobox.show(list.map((text) => this.#recentOption(text)))
    this.#panel.list.ariaLabel = wording.messages.recent
    this.#panel.message = list.length > 0 ? [button('action', wording.messages.forget, () => this.#forget())] : []
    this.#describe()
    if (list.length > 0) this.#reveal()
    else this.#hide()
  }

  #recentOption(text: string): HTMLElement {
    const option = make('div', 'option', make('span', 'recent', text))
    option.addEventListener('click', () => {
      this.#input.value = text
      this.ask()
    })
    return option
  }

  #forget(): void {
    this.#owner.recent?.forget()
    this.#input.focus()
    this.#showRecent()
  }

  /** The line at the bottom: what ranks the answer, and what the visitor can do about it. */
  #describe(): void {
    const { session, wording } = this.#owner
    const { messages } = wording
    if (!this.#shown) return this.#note()
    this.#panel.list.ariaLabel = messages.results
    if (session.meaning === 'ready') return this.#note(this.#shown.summary)
    if (session.meaning === 'loading')
      return this.#note(wording.say('meaningLoading', { percent: wording.percent(session.share) }))
    if (session.meaning === 'failed') return this.#note(messages.modelFailed, ' ', this.#retry())
    const size = wording.size(session.search?.waitingBytes ?? 0)
    this.#note(
      messages.savingData,
      ' ',
      button('action', wording.say('loadMeaning', { size }), () => session.loadMeaning()),
    )
  }

  #note(...content: (Node | string)[]): void {
    this.#panel.explainKeys(this.#owner.wording)
    this.#keepFocus()
    this.#panel.note = content
  }

  /** A button that is about to go must not take the focus with it. */
  #keepFocus(): void {
    const focused = document.activeElement
    if (focused?.matches('.inkling-action') && this.#panel.root.contains(focused)) this.#input.focus()
  }

  #open(): boolean {
    const text = this.#input.value
    const current = this.#shown?.text === text
    if (current) this.#reveal()
    else this.ask()
    return current
  }

  #reveal(): void {
    if (!this.#leave && !this.#container.contains(document.activeElement)) return
    if (this.#panel.root.hidden) {
      this.#panel.root.hidden = false
      this.#panel.stayInside()
    }
    this.#combobox.expanded = true
  }

  #hide(): void {
    this.#panel.root.hidden = this.#leave === undefined
    this.#combobox.expanded = false
  }

  #close(): boolean {
    if (this.#leave) this.#leave()
    else if (this.#panel.root.hidden) return false
    // An answer that is still on its way must not open the panel again.
    this.#turn++
    this.#hide()
    return true
  }
}

/** How much was found, and for what. */
function summaryOf({ hits, found, corrected }: QueryResult, wording: Wording): string {
  const summary =
    found > hits.length ? wording.count('best', found, { shown: hits.length }) : wording.count('found', found)
  return corrected === undefined ? summary : wording.say('corrected', { summary, query: corrected })
}
