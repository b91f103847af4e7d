/** What opens below the box: filters, the list, a message, and a line about how the answer came about. */

import type { FacetCount, Filters, Hit } from '../types.js'
import { uniqueId } from './combobox.js'
import { excerpt, marked, safeUrl } from './marked.js'
import type { Wording } from './messages.js'

/** Most values of a field that are offered as filters. */
const VALUES_MAX = 8

/** Pixels between the panel and the sides of the window, at least. */
const MARGIN = 8

/** A new element of a class, with what belongs in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = `inkling-${className}`
  element.append(...content)
  return element
}

/** A button that is not one of the form's. */
export function button(className: string, text: string, action: () => void): HTMLButtonElement {
  const made = make('button', className, text)
  made.type = 'button'
  made.addEventListener('click', action)
  return made
}

/** A hit as an option: a link where it leads somewhere. Only text is taken from the data. */
export function hitOption(hit: Hit, show: readonly string[]): HTMLElement {
  const url = safeUrl(hit.url)
  const option = make(url === undefined ? 'div' : 'a', 'option')
  if (option instanceof HTMLAnchorElement && url !== undefined) {
    option.href = url
    // The focus stays in the box.
    option.tabIndex = -1
  }
  const passage = excerpt(hit.passage.text, hit.matches)
  option.append(make('span', 'title', marked(hit.title, hit.titleMatches)))
  const facts = show
    .flatMap((field) => hit.fields[field] ?? [])
    .filter((value) => value !== '')
    .map(String)
  if (facts.length > 0) option.append(make('span', 'facts', facts.join(' · ')))
  if (passage.text) option.append(make('span', 'passage', marked(passage.text, passage.ranges)))
  for (const text of option.querySelectorAll('span')) text.dir = 'auto'
  return option
}

/** The parts of the panel. */
export class Panel {
  readonly root = make('div', 'panel')
  readonly list = make('div', 'list')
  /** Announces to screen readers what has changed; never seen, and always there, or it would not be read. */
  readonly status = make('p', 'status')
  readonly #filters = make('div', 'filters')
  readonly #message = make('div', 'message')
  readonly #note = make('p', 'note')
  readonly #onFilter: () => void
  readonly #chosen = new Map<string, Set<string>>()

  /** `onFilter` is called when the visitor chose or dropped a filter. */
  constructor(onFilter: () => void) {
    this.#onFilter = onFilter
    this.root.hidden = true
    this.status.setAttribute('role', 'status')
    this.root.append(this.#filters, this.list, this.#message, make('div', 'foot', this.#note))
    // A click anywhere in here leaves the focus in the box.
    this.root.addEventListener('mousedown', (event) => event.preventDefault())
  }

  /** The filters that are chosen; undefined for none. */
  get chosen(): Filters | undefined {
    const chosen = [...this.#chosen].filter(([, values]) => values.size > 0)
    return chosen.length > 0 ? Object.fromEntries(chosen.map(([field, values]) => [field, [...values]])) : undefined
  }

  clearFilters(): void {
    this.#chosen.clear()
  }

  /** Moves the panel sideways where it would leave the window: the form may stand anywhere. */
  stayInside(): void {
    this.root.style.translate = ''
    const { left, right, width } = this.root.getBoundingClientRect()
    const { clientWidth } = document.documentElement
    // A form as wide as the window has a panel that wide.
    const margin = Math.max(0, Math.min(MARGIN, (clientWidth - width) / 2))
    const shift = left < margin ? margin - left : Math.min(0, clientWidth - margin - right)
    if (shift !== 0) this.root.style.translate = `${shift}px`
  }

  /** Shows a message instead of results; nothing hides it. */
  set message(content: (Node | string)[]) {
    this.#message.replaceChildren(...content)
    this.#message.hidden = content.length === 0
  }

  /** Shows the line at the bottom; nothing leaves it to the hints about keys. */
  set note(content: (Node | string)[]) {
    this.#note.replaceChildren(...content)
  }

  /** Says what the keys do, once. */
  explainKeys(say: Wording): void {
    if (this.#note.nextSibling) return
    const { keyChoose, keyOpen, keyClose } = say.messages
    const keys = Object.entries({ '↑↓': keyChoose, '↵': keyOpen, Esc: keyClose })
    const hints = make('p', 'keys', ...keys.map(([key, what]) => make('span', '', make('kbd', '', key), ` ${what}`)))
    // Whoever hears the page knows the keys of a combobox already.
    hints.ariaHidden = 'true'
    this.#note.after(hints)
  }

  /**
   * Shows how many documents each filter would find, of all there are. The buttons stay the same ones: one may have the
   * focus.
   */
  showFilters(facets: Record<string, FacetCount[]>, documents: number, say: Wording): void {
    this.#filters.style.setProperty('--inkling-digits', String(say.number(documents).length))
    for (const [field, counts] of Object.entries(facets)) {
      const group = this.#group(field, say)
      const chosen = this.#chosen.get(field) ?? new Set()
      const buttons = new Map([...group.querySelectorAll('button')].map((found) => [found.value, found]))
      const wanted = new Set([
        ...buttons.keys(),
        ...counts.map(({ value }) => value).slice(0, Math.max(0, VALUES_MAX - buttons.size)),
      ])
      for (const value of wanted) {
        const count = counts.find((facet) => facet.value === value)?.count ?? 0
        const toggle = buttons.get(value) ?? group.appendChild(this.#toggle(field, value))
        toggle.ariaPressed = String(chosen.has(value))
        toggle.classList.toggle('inkling-none', count === 0 && !chosen.has(value))
        toggle.querySelector('.inkling-count')?.replaceChildren(say.number(count))
      }
      group.hidden = wanted.size === 0
    }
    this.#filters.hidden = [...this.#filters.children].every((group) => (group as HTMLElement).hidden)
  }

  /** Hides the filters while there is nothing to filter. */
  hideFilters(): void {
    this.#filters.hidden = true
  }

  #group(field: string, say: Wording): HTMLElement {
    const found = [...this.#filters.children].find((group) => (group as HTMLElement).dataset.field === field)
    if (found) return found as HTMLElement
    const label = make('span', 'field', say.field(field))
    label.id = uniqueId()
    label.ariaHidden = 'true'
    const group = make('div', 'group', label)
    group.dataset.field = field
    group.setAttribute('role', 'group')
    group.ariaLabel = say.say('filterBy', { field: say.field(field) })
    this.#filters.append(group)
    return group
  }

  #toggle(field: string, value: string): HTMLButtonElement {
    const toggle = button('filter', '', () => {
      const chosen = this.#chosen.get(field) ?? new Set()
      this.#chosen.set(field, chosen)
      if (!chosen.delete(value)) chosen.add(value)
      toggle.ariaPressed = String(chosen.has(value))
      this.#onFilter()
    })
    toggle.append(make('span', '', value), ' ', make('span', 'count'))
    toggle.value = value
    return toggle
  }
}
