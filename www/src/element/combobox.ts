/**
 * The combobox pattern of WAI-ARIA: the focus stays in the text box, and the arrows move a mark over the options of a
 * list. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */

/** A mark that nobody made is told to screen readers once it has stood for so long: nothing is said in the middle of a word. */
const TELL_AFTER_MS = 400

/** What a combobox tells its owner. */
export interface ComboboxEvents {
  /** Whether there is something to show; the list is shown if so. */
  open(): boolean
  /** Hides the list; false when there is nothing to hide. */
  close(): boolean
  /** An option was marked. */
  moved(): void
  /** Whether the options are about what is in the box. */
  isCurrent(): boolean
}

let lastId = 0

/** An id that nothing else on the page has. */
export const uniqueId = (): string => `inkling-${++lastId}`

/** Joins a text box to a list of options, until its signal is aborted. */
export class Combobox {
  readonly #input: HTMLInputElement
  readonly #list: HTMLElement
  readonly #events: ComboboxEvents
  /** Whether the visitor has moved the mark. */
  #moved = false
  #telling: ReturnType<typeof setTimeout> | undefined

  constructor(input: HTMLInputElement, list: HTMLElement, events: ComboboxEvents, signal: AbortSignal) {
    this.#input = input
    this.#list = list
    this.#events = events
    list.setAttribute('role', 'listbox')
    list.id ||= uniqueId()
    const restore = setAttributes(input, {
      role: 'combobox',
      autocomplete: 'off',
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      'aria-controls': list.id,
      'aria-expanded': 'false',
    })
    signal.addEventListener('abort', () => {
      this.active = undefined
      restore()
    })
    input.addEventListener('keydown', (event) => this.#onKey(event), { signal })
  }

  get options(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('[role=option]')]
  }

  /** The option that Enter would choose. */
  get active(): HTMLElement | undefined {
    return this.options.find((option) => option.ariaSelected === 'true')
  }

  set active(wanted: HTMLElement | undefined) {
    if (wanted === this.active) return
    for (const option of this.options) option.setAttribute('aria-selected', String(option === wanted))
    this.#tell(wanted)
    wanted?.scrollIntoView({ block: 'nearest' })
  }

  #tell(wanted: HTMLElement | undefined): void {
    clearTimeout(this.#telling)
    if (wanted) this.#input.setAttribute('aria-activedescendant', wanted.id)
    else this.#input.removeAttribute('aria-activedescendant')
  }

  /** Replaces the options. The mark goes or, where Enter is to choose the first, is there. */
  show(options: HTMLElement[], first = false): void {
    for (const option of options) {
      option.setAttribute('role', 'option')
      option.setAttribute('aria-selected', String(first && option === options[0]))
      option.id = uniqueId()
    }
    this.#list.replaceChildren(...options)
    this.#list.hidden = options.length === 0
    this.#moved = false
    this.#tell(undefined)
    if (first) this.#telling = setTimeout(() => this.#tell(this.active), TELL_AFTER_MS)
  }

  /** Says whether the options can be seen. */
  set expanded(open: boolean) {
    const expanded = open && !this.#list.hidden
    if (expanded !== this.expanded) this.#input.setAttribute('aria-expanded', String(expanded))
    if (!open) this.active = undefined
  }

  get expanded(): boolean {
    return this.#input.getAttribute('aria-expanded') === 'true'
  }

  #onKey(event: KeyboardEvent): void {
    // While an input method composes a word, its keys are not ours.
    if (event.isComposing || event.altKey) return
    const handled = this.#move(event.key) || (event.key === 'Escape' && this.#events.close()) || this.#choose(event)
    if (handled) event.preventDefault()
  }

  #choose(event: KeyboardEvent): boolean {
    const { active } = this
    if (event.key !== 'Enter' || !active || !this.expanded) return false
    if (!this.#moved && !this.#events.isCurrent()) return false
    clickAs(active, event)
    return true
  }

  #move(key: string): boolean {
    if (key !== 'ArrowDown' && key !== 'ArrowUp' && key !== 'Home' && key !== 'End') return false
    const vertical = key.startsWith('Arrow')
    if (!this.expanded) {
      if (!vertical || !this.#events.open() || !this.expanded) return false
    }
    const { options, active } = this
    const at = active ? options.indexOf(active) : -1
    // Home and End belong to the text until the visitor has marked an option.
    if (!vertical && (at === -1 || !this.#moved)) return false
    const count = options.length
    // One step beyond either end leads back into the text, then around.
    const steps = { ArrowDown: at + 1, ArrowUp: at === -1 ? count - 1 : at - 1, Home: 0, End: count - 1 }
    this.#moved = true
    this.active = options[steps[key]]
    this.#events.moved()
    return true
  }
}

/** Enter on an option is a click on it, with the same keys held. */
function clickAs(option: HTMLElement, { ctrlKey, metaKey, shiftKey }: KeyboardEvent): void {
  option.dispatchEvent(
    new MouseEvent('click', { bubbles: true, cancelable: true, view: window, ctrlKey, metaKey, shiftKey }),
  )
}

/** Sets attributes and returns what puts back those that were there before. */
export function setAttributes(element: Element, attributes: Record<string, string>): () => void {
  const before = Object.keys(attributes).map((name) => [name, element.getAttribute(name)] as const)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return () => {
    for (const [name, value] of before) {
      if (value === null) element.removeAttribute(name)
      else element.setAttribute(name, value)
    }
  }
}
