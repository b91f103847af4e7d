/**
 * The element `<inkling-search>`: the site's own search form, answering as one types. This file defines no tag.
 * @module element
 */

import type { InklingError } from '../errors.js'
import type { Search } from '../search.js'
import type { Hit, QueryResult } from '../types.js'
import { inNextTask } from '../worker/tasks.js'
import { Box, type Owner } from './box.js'
import { setAttributes } from './combobox.js'
import { en, type Messages, Wording } from './messages.js'
import { Modal } from './modal.js'
import { Recent } from './recent.js'
import { Session } from './session.js'
import { listenForShortcuts } from './shortcuts.js'

export type { Counted, Messages } from './messages.js'

/** The events of the element, by name. All of them bubble. */
export interface InklingSearchEvents {
  /** The search can answer, by words at least. */
  'inkling-ready': CustomEvent<{ search: Search }>
  /** An answer is shown. */
  'inkling-results': CustomEvent<QueryResult & { query: string }>
  /** A hit is chosen. Preventing it keeps the browser on the page. */
  'inkling-select': CustomEvent<Hit>
  /** The search, its model or an answer failed. */
  'inkling-error': CustomEvent<InklingError>
}

/**
 * Enhances the form inside it. Attributes: `src`, the folder of the search; `limit`; `filters` and `show`, names of
 * fields; `modal`; `preload`; `semantic`; `recent="off"`; `shortcuts="off"`. They are told of in docs/element.md.
 */
export class InklingSearchElement extends (globalThis.HTMLElement ?? (class {} as typeof HTMLElement)) {
  static readonly observedAttributes = ['src', 'modal', 'semantic', 'shortcuts']

  #messages: Partial<Messages> = {}
  #language = 'en'
  #translation: Messages = en
  #translated: Promise<void> | undefined
  #wording: Wording | undefined
  #session: Session | undefined
  #ui: { update(): void; open(): void } | undefined
  #connection: AbortController | undefined
  #saidByWords = false

  /** The folder that `inkling index` wrote. Default `/search/`. */
  get src(): string {
    return this.getAttribute('src') ?? '/search/'
  }

  set src(url: string) {
    this.setAttribute('src', url)
  }

  /** How many results are shown, at least 1. Default 3. */
  get limit(): number {
    const limit = Math.floor(Number(this.getAttribute('limit')))
    return limit >= 1 ? limit : 3
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
    return this.#session?.search
  }

  /** Brings the visitor to the box, or opens the dialog. */
  open(): void {
    this.#ui?.open()
  }

  /** @internal */
  connectedCallback(): void {
    this.#connection?.abort()
    const connection = new AbortController()
    this.#connection = connection
    const input = this.#input()
    if (input) return this.#start(input, connection.signal)
    // The form may not be parsed or put in place yet.
    const observer = new MutationObserver(() => {
      const found = this.#input()
      if (!found) return
      observer.disconnect()
      this.#start(found, connection.signal)
    })
    observer.observe(this, { childList: true, subtree: true })
    connection.signal.addEventListener('abort', () => observer.disconnect())
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
    return this.querySelector<HTMLInputElement>('input[type=search], input[type=text], input:not([type])')
  }

  #start(input: HTMLInputElement, signal: AbortSignal): void {
    this.#language = this.closest<HTMLElement>('[lang]')?.lang || 'en'
    this.#translated = this.#wording = undefined
    this.#saidByWords = false
    const emit = (name: string, detail: unknown) => this.#emit(name, detail)
    const session = new Session(this.src, this.#semantic(), {
      ready: (search) => emit('inkling-ready', { search }),
      failed: (error) => emit('inkling-error', error),
      changed: () => this.#ui?.update(),
    })
    this.#session = session
    const owner = this.#owner(session)
    if (this.hasAttribute('modal')) this.#ui = new Modal(owner, this, input, signal)
    else this.#ui = overForm(owner, this, input, signal)
    if (this.getAttribute('shortcuts') !== 'off') {
      const restore = setAttributes(input, { 'aria-keyshortcuts': '/ Control+K Meta+K' })
      listenForShortcuts(() => this.open(), signal)
      signal.addEventListener('abort', restore)
    }
    if (this.hasAttribute('preload')) whenIdle(() => void session.load().catch(() => {}), signal)
    signal.addEventListener('abort', () => {
      session.dispose()
      this.#session = undefined
      this.#ui = undefined
    })
  }

  #owner(session: Session): Owner {
    const element = this
    const recent = new Recent(this.src)
    const names = (attribute: string) => (this.getAttribute(attribute) ?? '').split(/[\s,]+/).filter(Boolean)
    return {
      session,
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
        return names('filters')
      },
      get show() {
        return names('show')
      },
      get recent() {
        return element.getAttribute('recent') === 'off' ? undefined : recent
      },
      emit: (name, detail) => this.#emit(name, detail),
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

  #semantic(): 'now' | 'auto' | 'ask' {
    const wanted = this.getAttribute('semantic')
    return wanted === 'now' || wanted === 'ask' ? wanted : 'auto'
  }

  /** Other languages than English are fetched when somebody searches; without them the element speaks English. */
  async #translate(): Promise<void> {
    const language = this.#language.split('-')[0] ?? ''
    this.#translation = en
    if (language === 'de' || language === 'es' || language === 'ja') {
      const translations = await import('./translations.js').catch(() => undefined)
      this.#translation = translations?.[language] ?? en
    }
    this.#wording = undefined
  }
}

/** Answers below the form itself, until the signal is aborted. */
function overForm(
  owner: Owner,
  element: HTMLElement,
  input: HTMLInputElement,
  signal: AbortSignal,
): { update(): void; open(): void } {
  let box: Box | undefined
  // In a task of its own: on a slow device the one that runs the scripts of the page is long enough.
  inNextTask(() => (box = new Box(owner, input, element, signal)), signal)
  const open = () => {
    input.focus()
    input.select()
  }
  return { update: () => box?.update(), open }
}

/** Runs a job once the page has nothing better to do. */
function whenIdle(job: () => void, signal: AbortSignal): void {
  const run = () => !signal.aborted && job()
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 2000 })
  else setTimeout(run, 200)
}
