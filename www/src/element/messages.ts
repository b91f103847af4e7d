/** What the element says, and how numbers, dates and sizes are put into it. */

/** A sentence that depends on a count: by the plural categories of its language, such as `one` and `other`. */
export type Counted = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/** Everything that the element says. `{n}` and the like stand for what the sentence is about. */
export interface Messages {
  /** The name of an own box, what stands in it while it is empty, and the name of the dialog. */
  search: string
  /** The list of results. */
  results: string
  /** The list of earlier searches, and the button that forgets them. */
  recent: string
  forget: string
  /** The list of questions to try. */
  suggestions: string
  /** All that was found is shown: `{n}`. */
  found: Counted
  /** The best `{shown}` of `{n}` are shown. */
  best: Counted
  /** The row that leads to all `{n}` results, and the button that shows some more. */
  showAll: Counted
  showMore: string
  /** One of `found` and `best`, for a query that was read as `{query}`, with misspelt words put right. */
  corrected: string
  /** What was typed, `{query}`, has been taken in, and why there is no answer yet. */
  searching: string
  opening: string
  /** Announced once, while keywords alone rank. */
  byWords: string
  /** `{loaded}` of `{total}` of the model are there; the button that stops it. */
  meaningLoading: string
  stop: string
  /** Keywords alone rank until the visitor wants more: the button that loads the model, `{size}` large. */
  keywordsOnly: string
  loadMeaning: string
  /** The button that shows the answer by meaning. */
  better: string
  /** Nothing answers `{query}`. */
  nothing: string
  nothingHint: string
  /** The same, where the question is in the language of these messages and the documents are in `{language}`. */
  otherLanguage: string
  /** The button that shows what is nearest all the same, and what stands over that. */
  showNearest: string
  nearest: string
  /** No document passes the filters. */
  nothingFiltered: string
  withoutFilters: string
  /** The search did not load; the model did not. */
  failed: string
  modelFailed: string
  /** What to do when the network fails, the browser is too old, the site's policy forbids it, and in any other case. */
  checkNetwork: string
  updateBrowser: string
  blocked: string
  tellSite: string
  retry: string
  /** The site has another index than the page that is open; the button that loads the page again. */
  updated: string
  reload: string
  /** The button that leads to the filters, the group of those by `{field}`, and the buttons that show all `{n}` values and fewer. */
  filters: string
  filterBy: string
  allValues: string
  fewerValues: string
  /** The button that filters by a `{value}` which the question names. */
  only: string
  /** Of a text that is shown in place: the way back, and those most like it. */
  back: string
  similar: string
  close: string
  /** What keys do. */
  keyChoose: string
  keyOpen: string
  keyClose: string
  /** Names of fields, where they are not the right ones to show: `{ day: 'Day' }`. */
  fields: Record<string, string>
}

const DATE = /^\d{4}-\d\d-\d\d$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/
const NUMBER = /^-?\d{5,15}$|^-?\d{1,15}\.\d{1,6}$/

const DAY: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' }
const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' }

/** Puts messages of one language together with numbers and dates as that language writes them. */
export class Wording {
  readonly #plurals: () => Intl.PluralRules
  readonly #numbers: () => Intl.NumberFormat

  constructor(
    readonly messages: Messages,
    readonly language: string,
  ) {
    this.#plurals = once(() => new Intl.PluralRules(language))
    this.#numbers = once(() => new Intl.NumberFormat(language))
  }

  /** A message with its parts filled in. */
  say(name: StringKey, parts: Record<string, string> = {}): string {
    return fill(this.messages[name], parts)
  }

  /** A message about a count. */
  count(name: 'found' | 'best' | 'showAll', n: number, parts: Record<string, number> = {}): string {
    const counted = this.messages[name]
    const sentence = counted[this.#plurals().select(n)] ?? counted.other
    const numbers = Object.entries({ n, ...parts }).map(([key, value]) => [key, this.number(value)])
    return fill(sentence, Object.fromEntries(numbers))
  }

  number(value: number): string {
    return this.#numbers().format(value)
  }

  /** Bytes as whole megabytes. */
  size(bytes: number): string {
    const megabytes = Math.max(1, Math.round(bytes / 1e6))
    return megabytes.toLocaleString(this.language, { style: 'unit', unit: 'megabyte' })
  }

  /** Megabytes that have come, of so many: the unit stands behind the second number. */
  loaded(bytes: number, of: number): string {
    const loaded = this.number(Math.min(Math.round(bytes / 1e6), Math.round(of / 1e6)))
    return this.say('meaningLoading', { loaded, total: this.size(of) })
  }

  /** The name of a field. */
  field(name: string): string {
    return this.messages.fields[name] ?? name.charAt(0).toLocaleUpperCase(this.language) + name.slice(1)
  }

  /** A value of a field: dates, times and long numbers as the language writes them, everything else as it is. */
  value(text: string): string {
    if (NUMBER.test(text)) return this.number(Number(text))
    const date = DATE.test(text) ? new Date(`${text}T00:00`) : MOMENT.test(text) ? new Date(text) : undefined
    if (!date || Number.isNaN(date.getTime())) return text
    const year = date.getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const)
    return date.toLocaleString(this.language, { ...DAY, ...year, ...(DATE.test(text) ? {} : TIME) })
  }

  /** Beginning and end of something, where both are times; undefined otherwise. */
  span(start: unknown, end: unknown): string | undefined {
    if (typeof start !== 'string' || typeof end !== 'string' || !MOMENT.test(start) || !MOMENT.test(end)) return
    const [from, to] = [new Date(start), new Date(end)]
    if (!(from <= to)) return
    const year = from.getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const)
    return new Intl.DateTimeFormat(this.language, { ...DAY, ...year, ...TIME }).formatRange(from, to)
  }
}

type StringKey = { [K in keyof Messages]: Messages[K] extends string ? K : never }[keyof Messages]

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function fill(sentence: string, parts: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole)
}
