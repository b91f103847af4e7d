/** The filters beside the answer: a box to tick for each value of a field, with the number of sessions that have it. */
import type { FacetCount } from 'inkling-search'
import { element, slug } from './elements.js'

/** Values in this order come first; others follow by name. */
const ORDER = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
  'introductory',
  'beginner',
  'intermediate',
  'advanced',
]

/** The values that are ticked, by field. */
export type Chosen<Field extends string> = Record<Field, string[]>

interface Box<Field> {
  field: Field
  value: string
  input: HTMLInputElement
  count: HTMLElement
}

/** The panel of filters, by the fields that it is told. */
export class FilterPanel<Field extends string> {
  readonly #panel: HTMLElement
  readonly #opener: HTMLButtonElement
  readonly #groups: HTMLElement
  readonly #clear: HTMLButtonElement
  /** What the opener says while nothing is ticked. */
  readonly #invitation: string | null
  #boxes: Box<Field>[] = []

  /** `onChange` is called when the visitor has ticked or cleared something. */
  constructor(
    panel: HTMLElement,
    readonly fields: readonly Field[],
    onChange: () => void,
  ) {
    const part = <E extends HTMLElement>(name: string) => panel.querySelector(name) as E
    this.#panel = panel
    this.#opener = part('#filters-open')
    this.#groups = part('#filters-groups')
    this.#clear = part('#filters-clear')
    this.#invitation = this.#opener.textContent
    this.#groups.addEventListener('change', () => {
      this.#describe()
      onChange()
    })
    this.#clear.addEventListener('click', () => {
      this.chosen = this.#none()
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
  fill(facets: Record<string, FacetCount[]>, chosen: Chosen<Field> = this.#none()): void {
    if (this.#boxes.length > 0) return
    for (const field of this.fields) {
      // A value that an address asks for and no session has is shown too, or it could not be cleared.
      const values = new Set([...(facets[field] ?? []).map(({ value }) => value), ...chosen[field]])
      const boxes = [...values].sort(inOrder).map((value) => makeBox(field, value))
      this.#boxes.push(...boxes.map(({ box }) => box))
      this.#groups.append(
        element('fieldset', '', element('legend', '', capital(field)), ...boxes.map(({ label }) => label)),
      )
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
  get chosen(): Chosen<Field> {
    const chosen = this.#none()
    for (const { field, value, input } of this.#boxes) if (input.checked) chosen[field].push(value)
    return chosen
  }

  set chosen(filters: Chosen<Field>) {
    for (const { field, value, input } of this.#boxes) input.checked = filters[field].includes(value)
    this.#describe()
  }

  #none(): Chosen<Field> {
    return Object.fromEntries(this.fields.map((field) => [field, []])) as unknown as Chosen<Field>
  }

  #describe(): void {
    const ticked = this.#boxes.filter(({ input }) => input.checked).map(({ value }) => value)
    this.#opener.textContent = ticked.length > 0 ? `Filters: ${ticked.join(', ')}` : this.#invitation
    this.#clear.classList.toggle('off', ticked.length === 0)
  }
}

function makeBox<Field extends string>(field: Field, value: string): { box: Box<Field>; label: HTMLElement } {
  const input = element('input')
  input.type = 'checkbox'
  input.name = field
  input.value = value
  const count = element('span', 'count')
  const name = element('span', 'value', capital(value))
  const label = element('label', '', input, name, count)
  if (field === 'track') label.dataset.track = slug(value)
  return { box: { field, value, input, count }, label }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

function inOrder(a: string, b: string): number {
  const place = (value: string) => (ORDER.includes(value) ? ORDER.indexOf(value) : ORDER.length)
  return place(a) - place(b) || a.localeCompare(b)
}
