/** The filters beside the answer: a box to tick for each value of a field, with the number of sessions that have it. */
import type { FacetCount } from 'inkling-search'
import { FILTER_FIELDS, type FilterField, noFilters, type Request } from './address.js'
import { element, slug } from './card.js'

/** Values in this order come first; others follow by name. */
const ORDER = ['Monday', 'Tuesday', 'introductory', 'intermediate', 'advanced']

/** How the fields are called. */
const LEGENDS: Record<FilterField, string> = { day: 'Day', track: 'Track', level: 'Level' }

interface Box {
  field: FilterField
  value: string
  input: HTMLInputElement
  count: HTMLElement
}

/** The panel of filters. */
export class FilterPanel {
  readonly #panel: HTMLElement
  readonly #opener: HTMLButtonElement
  readonly #groups: HTMLElement
  readonly #clear: HTMLButtonElement
  #boxes: Box[] = []

  /** `onChange` is called when the visitor has ticked or cleared something. */
  constructor(panel: HTMLElement, onChange: () => void) {
    const part = <E extends HTMLElement>(name: string) => panel.querySelector(name) as E
    this.#panel = panel
    this.#opener = part('#filters-open')
    this.#groups = part('#filters-groups')
    this.#clear = part('#filters-clear')
    this.#groups.addEventListener('change', () => {
      this.#describe()
      onChange()
    })
    this.#clear.addEventListener('click', () => {
      this.chosen = noFilters()
      // The button is about to vanish: the focus stays where the visitor was.
      this.#boxes[0]?.input.focus()
      onChange()
    })
    this.#opener.addEventListener('click', () => {
      const open = panel.classList.toggle('open')
      this.#opener.setAttribute('aria-expanded', String(open))
    })
  }

  /** Makes the boxes, once: their places must not change while somebody reaches for one. */
  fill(facets: Record<string, FacetCount[]>, chosen: Request['filters']): void {
    if (this.#boxes.length > 0) return
    for (const field of FILTER_FIELDS) {
      // A value that an address asks for and no session has is shown too, or it could not be cleared.
      const values = new Set([...(facets[field] ?? []).map(({ value }) => value), ...chosen[field]])
      const boxes = [...values].sort(inOrder).map((value) => makeBox(field, value))
      this.#boxes.push(...boxes.map(({ box }) => box))
      this.#groups.append(element('fieldset', '', element('legend', '', LEGENDS[field]), ...boxes.map(({ label }) => label)))
    }
    this.chosen = chosen
    this.#panel.hidden = false
  }

  /** Shows how many sessions each value would find. */
  count(facets: Record<string, FacetCount[]>): void {
    for (const { field, value, count } of this.#boxes) {
      const found = facets[field]?.find((facet) => facet.value === value)?.count ?? 0
      count.textContent = String(found)
      count.parentElement?.classList.toggle('none', found === 0)
    }
  }

  /** What is ticked. */
  get chosen(): Request['filters'] {
    const chosen = noFilters()
    for (const { field, value, input } of this.#boxes) if (input.checked) chosen[field].push(value)
    return chosen
  }

  set chosen(filters: Request['filters']) {
    for (const { field, value, input } of this.#boxes) input.checked = filters[field].includes(value)
    this.#describe()
  }

  #describe(): void {
    const ticked = this.#boxes.filter(({ input }) => input.checked).map(({ value }) => value)
    this.#opener.textContent = ticked.length > 0 ? `Filters: ${ticked.join(', ')}` : 'Filter by day, level or track'
    this.#clear.classList.toggle('off', ticked.length === 0)
  }
}

function makeBox(field: FilterField, value: string): { box: Box; label: HTMLElement } {
  const input = element('input')
  input.type = 'checkbox'
  input.name = field
  input.value = value
  const count = element('span', 'count')
  const name = element('span', 'value', value.charAt(0).toUpperCase() + value.slice(1))
  const label = element('label', '', input, name, count)
  if (field === 'track') label.dataset.track = slug(value)
  return { box: { field, value, input, count }, label }
}

function inOrder(a: string, b: string): number {
  const place = (value: string) => (ORDER.includes(value) ? ORDER.indexOf(value) : ORDER.length)
  return place(a) - place(b) || a.localeCompare(b)
}
