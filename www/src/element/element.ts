/**
 * The element `<inkling-search>`: a search that answers as one types, in a panel under a form, in a dialog, or as a page of results. This
 * file defines no tag.
 * @module element
 */

import type { InklingError } from '../errors.js'
import type { Search } from '../search.js'
import type { Filters, Hit, QueryResult } from '../types.js'
import { inNextTask } from '../worker/tasks.js'
import { Box } from './box.js'
import { setAttributes } from './combobox.js'
import { isVisible, nearest, OWN } from './dom.js'
import { type Engine, type FetchModel, type OpenSearch, shareEngine } from './engine.js'
import { ownForm } from './form.js'
import { addressOf } from './hits.js'
import { en, messagesOf } from './languages.js'
import { safeUrl } from './marked.js'
import { type Messages, Wording } from './messages.js'
import { Recent } from './recent.js'
import { isApple, listenForShortcuts } from './shortcuts.js'
import { tellOwner } from './trouble.js'
import { converse, type Owner } from './view.js'

export type { OpenSearch } from './engine.js'
export type { Counted, Messages } from './messages.js'

/** The events of the element, by name. All of them bubble. */
export interface InklingSearchEvents {
  /** The search can answer, by words at least. */
  'inkling-ready': CustomEvent<{ search: Search }>
  /** An answer is shown; `found` is 0 where there is none. */
  'inkling-results': CustomEvent<QueryResult & { query: string; filters: Filters }>
  /** A hit is chosen. Preventing it keeps the browser on the page. */
  'inkling-select': CustomEvent<Hit>
  /** The search, its model or an answer failed. */
  'inkling-error': CustomEvent<InklingError>
}

/** Boxes that the element takes for its own. */
const BOX = 'input[type=search], input[type=text], input:not([type])'

/**
 * Enhances the form inside it, or makes one. Attributes: `src`, the folder of the search; `limit`; `filters` and `show`, names of
 * fields; `modal` or `results`; `label`, `action`, `base`, `languages`, `sort`, `suggest`, `preload`, `integrity`, `model`, `theme`,
 * `align`, `recent="off"`, `shortcuts="off"`. They are told of in docs/element.md.
 */
export class InklingSearchElement extends (globalThis.HTMLElement ?? (class {} as typeof HTMLElement)) {
  static readonly observedAttributes = [
    'src',
    'modal',
    'results',
    'filters',
    'label',
    'action',
    'languages',
    'model',
    'shortcuts',
  ]

  // Declared, not initialised: what a page sets before the tag is defined stays.

  /** Makes what is shown of a hit, in place of title, facts and passage; undefined leaves those. */
  declare renderHit: ((hit: Hit) => Node | undefined) | undefined

  /** Makes what stands below a hit of a page of results, such as buttons. */
  declare renderActions: ((hit: Hit) => Node | undefined) | undefined

  /** Says where a hit leads, in place of its own address; undefined where its text is to be opened in place. */
  declare addressOf: ((hit: Hit) => string | undefined) | undefined

  /** Opens the search, in place of `createSearch`; to be set before the element is in the page, which then has it to itself. */
  declare openSearch: OpenSearch | undefined

  #messages: Partial<Messages> = {}
  #language = 'en'
  #translation: Messages = en
  #translated: Promise<void> | undefined
  #wording: Wording | undefined
  #engine: Engine | undefined
  #ui: Ui | undefined
  #waiting: ((ui: Ui) => void) | undefined
  #connection: AbortController | undefined
  #saidByWords = false

  /** The folder that `inkling index` wrote. Default `/search/`. */
  get src(): string {
    return this.getAttribute('src') ?? '/search/'
  }

  set src(url: string) {
    this.setAttribute('src', url)
  }

  /** The folder of the index to ask: where there is one for each of several languages, that of the page's. */
  get #folder(): string {
    const all = this.#names('languages')
    if (all.length === 0) return this.src
    const wanted = (nearest(this, 'lang') ?? '').toLowerCase()
    const found = [wanted, wanted.split('-')[0]].map((one) => all.find((name) => name.toLowerCase() === one))
    return `${this.src.replace(/\/$/, '')}/${found[0] ?? found[1] ?? all[0]}/`
  }

  #names(attribute: string): string[] {
    return (this.getAttribute(attribute) ?? '').split(/[\s,]+/).filter(Boolean)
  }

  /** How many results are shown at first, at least 1. Default 3, and 10 on a page of results. */
  get limit(): number {
    const limit = Math.floor(Number(this.getAttribute('limit')))
    return limit >= 1 ? limit : this.hasAttribute('results') ? 10 : 3
  }

  set limit(limit: number) {
    this.setAttribute('limit', String(limit))
  }

  /** Sentences to use instead of those of the element's language. */
  get messages(): Partial<Messages> {
    return this.#messages
  }

  set messages(messages: Partial<Messages>) {
    this.#messages = messages
    this.#wording = undefined
    this.#ui?.update()
  }

  /** The loaded search; undefined until the event `inkling-ready`, and once the element has left the page. */
  get search(): Search | undefined {
    return this.#engine?.search
  }

  /** Brings the visitor to the box, or opens the dialog. */
  open(): void {
    this.#whenStarted((ui) => ui.open())
  }

  /** Asks a question as if the visitor had typed it and, on a page of results, sent it. */
  ask(text: string): void {
    this.#whenStarted((ui) => ui.ask(text))
  }

  /** An element that makes its own box is asked before it has one by whoever has just put it into the page. */
  #whenStarted(act: (ui: Ui) => void): void {
    if (this.#ui) act(this.#ui)
    else this.#waiting = act
  }

  /** @internal */
  connectedCallback(): void {
    this.#connection?.abort()
    const connection = new AbortController()
    this.#connection = connection
    // A page that a router kept as it was, and puts back, holds what belonged to another element, and in it the page's own.
    this.append(...this.querySelectorAll('.inkling-panel [slot=results]'))
    for (const left of this.querySelectorAll(OWN)) left.remove()
    const input = this.#input()
    if (input) return this.#start(input, connection.signal)
    this.#awaitBox(connection.signal)
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#connection?.abort()
    this.#connection = undefined
  }

  /** @internal */
  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.#connection && before !== after) this.connectedCallback()
  }

  #input(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>(BOX)
  }

  /** The form may not be parsed or put in place yet. When the page is there and none has come, the element makes its own. */
  #awaitBox(signal: AbortSignal): void {
    const own = new AbortController()
    const observer = new MutationObserver(() => {
      const found = [...this.querySelectorAll<HTMLInputElement>(BOX)].find((box) => !box.closest(OWN))
      if (!found) return
      observer.disconnect()
      own.abort()
      this.#start(found, signal)
    })
    observer.observe(this, { childList: true, subtree: true })
    signal.addEventListener('abort', () => {
      observer.disconnect()
      own.abort()
    })
    const makeOwn = () => inNextTask(() => this.#startOwn(own.signal), own.signal)
    if (document.readyState !== 'loading') makeOwn()
    else document.addEventListener('DOMContentLoaded', makeOwn, { signal: own.signal })
  }

  #startOwn(signal: AbortSignal): void {
    const key = this.getAttribute('shortcuts') === 'off' ? undefined : isApple() ? '⌘K' : 'Ctrl K'
    const language = nearest(this, 'lang') || 'en'
    const show = (messages: Messages) => {
      if (signal.aborted) return
      const wording = new Wording({ ...messages, ...this.#messages }, language)
      const [label, action] = ['label', 'action'].map((name) => this.getAttribute(name) || undefined)
      const form = ownForm({ wording, label, action, key })
      this.prepend(form)
      signal.addEventListener('abort', () => form.remove())
      const input = this.#input()
      if (input) this.#start(input, signal)
    }
    // What stands in an own box is in the language of the page from the beginning.
    if (/^en\b/i.test(language)) show(en)
    else void messagesOf(language).then(show)
  }

  #start(input: HTMLInputElement, signal: AbortSignal): void {
    this.#language = nearest(this, 'lang') || 'en'
    this.#translated = this.#wording = undefined
    this.#saidByWords = false
    const src = this.#folder
    const engine = shareEngine(
      src,
      this.#model(),
      {
        ready: (search) => this.#emit('inkling-ready', { search }),
        failed: (error) => {
          tellOwner(error, src)
          this.#emit('inkling-error', error)
        },
        changed: () => this.#ui?.update(),
      },
      signal,
      this.openSearch,
      this.getAttribute('integrity') ?? '',
    )
    this.#engine = engine
    const owner = this.#owner(engine, src)
    this.#ui = begin(owner, this, input, signal)
    this.#waiting?.(this.#ui)
    this.#waiting = undefined
    if (this.getAttribute('shortcuts') !== 'off') {
      const restore = setAttributes(input, { 'aria-keyshortcuts': '/ Control+K Meta+K' })
      listenForShortcuts(() => isVisible(this) && (this.open(), true), signal)
      signal.addEventListener('abort', restore)
    }
    if (this.hasAttribute('preload')) whenIdle(() => void engine.load().catch(() => {}), signal)
    signal.addEventListener('abort', () => {
      this.#engine = undefined
      this.#ui = undefined
    })
  }

  #owner(engine: Engine, src: string): Owner {
    const element = this
    const recent = new Recent(src)
    return {
      engine,
      get wording() {
        return (element.#wording ??= new Wording({ ...element.#translation, ...element.#messages }, element.#language))
      },
      get translated() {
        return (element.#translated ??= element.#translate())
      },
      get limit() {
        return element.limit
      },
      get filters() {
        return element.#names('filters')
      },
      get show() {
        return element.#names('show')
      },
      get sort() {
        return element.getAttribute('sort') ?? undefined
      },
      addressOf: (hit) =>
        this.addressOf ? safeUrl(this.addressOf(hit)) : addressOf(hit, this.getAttribute('base') ?? undefined),
      get atEnd() {
        return element.getAttribute('align') === 'end'
      },
      get suggestions() {
        return (element.getAttribute('suggest') ?? '').split('|').flatMap((text) => text.trim() || [])
      },
      get renderHit() {
        return element.renderHit
      },
      get renderActions() {
        return element.renderActions
      },
      get recent() {
        return element.getAttribute('recent') === 'off' ? undefined : recent
      },
      emit: (name, detail) => {
        if (name === 'inkling-error') tellOwner(detail as InklingError, src)
        return this.#emit(name, detail)
      },
      firstByWords: () => {
        const first = !this.#saidByWords
        this.#saidByWords = true
        return first
      },
    }
  }

  #emit(name: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: name === 'inkling-select' }))
  }

  #model(): FetchModel {
    const wanted = this.getAttribute('model')
    return wanted === 'now' || wanted === 'ask' ? wanted : 'auto'
  }

  /** Other languages than English are fetched when somebody searches; without them the element speaks English. */
  async #translate(): Promise<void> {
    this.#translation = await messagesOf(this.#language)
    this.#wording = undefined
  }
}

/** What answers: a panel, or, where the attributes want it, a dialog or the page itself. */
interface Ui {
  update(): void
  open(): void
  ask(text: string): void
}

/**
 * Begins to answer, until the signal is aborted. Most boxes are a panel without filters: the files of the rest are fetched for those
 * that want them, and where they do not come, such a panel answers.
 */
function begin(owner: Owner, element: HTMLElement, input: HTMLInputElement, signal: AbortSignal): Ui {
  let ui: Ui | undefined
  let waiting: ((ui: Ui) => void) | undefined
  const modal = element.hasAttribute('modal')
  const fetched = Promise.all([
    modal && import('./modal.js'),
    !modal && element.hasAttribute('results') && import('./results.js'),
    owner.filters.length > 0 && import('./filters.js'),
  ]).catch(() => [])
  const start = async () => {
    const files = await fetched
    if (signal.aborted) return
    if (files[2]) owner.FilterBar = files[2].FilterBar
    if (files[0]) ui = new files[0].Modal(owner, element, input, signal, Box)
    else if (files[1]) ui = new files[1].Results(owner, input, element, signal, converse)
    else ui = new Box(owner, input, element, signal)
    waiting?.(ui)
  }
  // In a task of its own: on a slow device the one that runs the scripts of the page is long enough.
  inNextTask(() => void start(), signal)
  const whenThere = (act: (ui: Ui) => void) => void (ui ? act(ui) : (waiting = act))
  return {
    update: () => ui?.update(),
    open: () => {
      // What is typed before a dialog is there is taken over by it.
      if (!modal || !ui) input.focus()
      whenThere((ui) => ui.open())
    },
    ask: (text) => whenThere((ui) => ui.ask(text)),
  }
}

/** Runs a job once the page has nothing better to do. */
function whenIdle(job: () => void, signal: AbortSignal): void {
  const run = () => !signal.aborted && job()
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 2000 })
  else setTimeout(run, 200)
}
