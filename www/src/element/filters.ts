/** The fields that an answer can be narrowed by: for each value a button with the number of documents that it would leave. */
import type { FacetCount, Filters } from '../types.js'
import { button, make } from './dom.js'
import type { Wording } from './messages.js'

/** How many values of a field are offered at first. One more would take no more room than the button that shows it. */
const VALUES_MAX = 6

/** What the bar shows. */
export interface Choices {
  /** Every value of the index, by field. */
  values: Record<string, FacetCount[]>
  /** How many documents of the answer have each value. */
  counts: Record<string, FacetCount[]>
  chosen: Filters
  /** All documents that there are: no count is larger. */
  documents: number
}

/** A bar of filters: a row for each field. */
export class FilterBar {
  readonly root = make('div', 'filters')
  readonly #onToggle: (field: string, value: string) => void
  /** The fields whose values are all shown. */
  readonly #open = new Set<string>()
  #text: string | undefined

  constructor(onToggle: (field: string, value: string) => void) {
    this.#onToggle = onToggle
    this.root.hidden = true
  }

  /**
   * Shows what can be chosen after an answer to a text. While that stays the same so do the buttons: somebody may be about to press
   * one. For another text those come first that find something.
   */
  show(text: string, choices: Choices, say: Wording): void {
    if (this.#text !== text && !this.root.matches(':focus-within')) this.root.replaceChildren()
    this.#text = text
    this.root.style.setProperty('--inkling-digits', String(say.number(choices.documents).length))
    for (const field of Object.keys(choices.values)) this.#showField(field, choices, say)
    this.root.hidden = [...this.root.children].every((group) => (group as HTMLElement).hidden)
  }

  hide(): void {
    this.root.hidden = true
  }

  #showField(field: string, choices: Choices, say: Wording): void {
    const { values, counts, chosen } = choices
    const group = this.#group(field, say)
    const picked = chosen[field] ?? []
    const countOf = (value: string) => counts[field]?.find((facet) => facet.value === value)?.count ?? 0
    const made = new Map(
      [...group.querySelectorAll<HTMLButtonElement>('.inkling-filter')].map((pill) => [pill.value, pill]),
    )
    const all = [...new Set([...(values[field] ?? []).map(({ value }) => value), ...picked])]
    const ranked =
      made.size > 0 ? all : inOrder(all, say.language, (value) => picked.includes(value) || countOf(value) > 0)
    const few = ranked.length <= VALUES_MAX + 1 || this.#open.has(field)
    const shown = few ? ranked : made.size > 0 ? [...made.keys()] : ranked.slice(0, VALUES_MAX)
    for (const value of shown) {
      const pill = made.get(value) ?? group.appendChild(this.#pill(field, value, say))
      const count = countOf(value)
      pill.ariaPressed = String(picked.includes(value))
      pill.classList.toggle('inkling-none', count === 0 && !picked.includes(value))
      pill.querySelector('.inkling-count')?.replaceChildren(say.number(count))
    }
    for (const more of group.querySelectorAll('.inkling-values')) more.remove()
    if (ranked.length > VALUES_MAX + 1) group.append(this.#more(field, ranked.length, choices, say))
    // One value tells no documents apart.
    group.hidden = all.length < 2 && picked.length === 0
  }

  #more(field: string, count: number, choices: Choices, say: Wording): HTMLButtonElement {
    const open = this.#open.has(field)
    const { fewerValues } = say.messages
    const more = button('values', open ? fewerValues : say.say('allValues', { n: say.number(count) }), () => {
      if (open) this.#open.delete(field)
      else this.#open.add(field)
      const group = this.#group(field, say)
      for (const pill of group.querySelectorAll('.inkling-filter')) pill.remove()
      this.#showField(field, choices, say)
      group.querySelector<HTMLElement>('.inkling-values')?.focus()
    })
    more.ariaExpanded = String(open)
    return more
  }

  #group(field: string, say: Wording): HTMLElement {
    const found = [...this.root.children].find((group) => (group as HTMLElement).dataset.field === field)
    if (found) return found as HTMLElement
    const label = make('span', 'field', say.field(field))
    label.ariaHidden = 'true'
    const group = make('div', 'group', label)
    group.dataset.field = field
    group.setAttribute('role', 'group')
    group.ariaLabel = say.say('filterBy', { field: say.field(field) })
    this.root.append(group)
    return group
  }

  #pill(field: string, value: string, say: Wording): HTMLButtonElement {
    const pill = button('filter', '', () => this.#onToggle(field, value))
    pill.append(make('bdi', '', say.value(value)), ' ', make('span', 'count'))
    pill.value = value
    return pill
  }
}

/** Values that count come first. Dates, numbers and days of the week are in their order, others in that of how frequent they are. */
function inOrder(values: string[], language: string, counts: (value: string) => boolean): string[] {
  const days = weekdays(values, language)
  const ordered = values.every((value) => /^-?\d/.test(value))
    ? values.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    : days
      ? values.toSorted((a, b) => days.indexOf(a) - days.indexOf(b))
      : values
  return [...ordered.filter(counts), ...ordered.filter((value) => !counts(value))]
}

/** The days of the week by name, from Monday on, if all values are such: in the language of the page, or in English. */
function weekdays(values: string[], language: string): string[] | undefined {
  // 1 January 2024 was a Monday.
  const names = (locale: string) =>
    [1, 2, 3, 4, 5, 6, 7].map((day) => new Date(2024, 0, day).toLocaleString(locale, { weekday: 'long' }))
  return [names(language), names('en')].find((days) => values.every((value) => days.includes(value)))
}
