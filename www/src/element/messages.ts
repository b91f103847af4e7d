/** What the element says, and how numbers and sizes are put into it. */

/** A sentence that depends on a count: by the plural categories of its language, such as `one` and `other`. */
export type Counted = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>

/** Everything that the element says. `{n}` and the like stand for what the sentence is about. */
export interface Messages {
  /** The list of results. */
  results: string
  /** The list of earlier searches, and the button that forgets them. */
  recent: string
  forget: string
  /** All that was found is shown: `{n}`. */
  found: Counted
  /** The best `{shown}` of `{n}` are shown. */
  best: Counted
  /** One of these, for a query that was read as `{query}`, with misspelt words put right. */
  corrected: string
  /** Announced once, while words answer. */
  byWords: string
  opening: string
  /** `{percent}` of the model is there. */
  meaningLoading: string
  /** Words answer to save data, and the button that loads the model, `{size}` large. */
  savingData: string
  loadMeaning: string
  /** The button that answers again, by meaning. */
  again: string
  /** Nothing answers `{query}`. */
  nothing: string
  nothingHint: string
  /** No document passes the filters. */
  nothingFiltered: string
  withoutFilters: string
  /** The search did not load; the model did not; and what to do, for a network that fails and for anything else. */
  failed: string
  modelFailed: string
  checkNetwork: string
  tellSite: string
  retry: string
  /** The group of filters by `{field}`. */
  filterBy: string
  /** The dialog, and its button. */
  dialog: string
  close: string
  /** What keys do. */
  keyChoose: string
  keyOpen: string
  keyClose: string
  /** Names of fields, where they are not the right ones to show: `{ day: 'Day' }`. */
  fields: Record<string, string>
}

/** English, which other languages are put over. */
export const en: Messages = {
  results: 'Results',
  recent: 'Recent searches',
  forget: 'Forget recent searches',
  found: { one: '{n} result', other: '{n} results' },
  best: { other: 'The best {shown} of {n} results' },
  corrected: '{summary} (read as “{query}”)',
  byWords: 'Searching by words, meaning is loading.',
  opening: 'Opening the search…',
  meaningLoading: 'By words for now. Meaning is loading: {percent}',
  savingData: 'By words, to save data.',
  loadMeaning: 'Search by meaning, too ({size})',
  again: 'Meaning is ready: answer again',
  nothing: 'Nothing comes close to “{query}”.',
  nothingHint: 'Other words may help.',
  nothingFiltered: 'Nothing has all of these at once.',
  withoutFilters: 'Search without filters',
  failed: 'The search could not be loaded.',
  modelFailed: 'Searching by words only: meaning could not be loaded.',
  checkNetwork: 'Check your connection, then try again.',
  tellSite: 'Try again. If that does not help, tell those who run this site.',
  retry: 'Try again',
  filterBy: 'Filter by {field}',
  dialog: 'Search',
  close: 'Close',
  keyChoose: 'choose',
  keyOpen: 'open',
  keyClose: 'close',
  fields: {},
}

/** Puts messages of one language together with numbers as that language writes them. */
export class Wording {
  readonly #plurals: () => Intl.PluralRules
  readonly #numbers: () => Intl.NumberFormat
  readonly #percents: () => Intl.NumberFormat

  constructor(
    readonly messages: Messages,
    readonly language: string,
  ) {
    this.#plurals = once(() => new Intl.PluralRules(language))
    this.#numbers = once(() => new Intl.NumberFormat(language))
    this.#percents = once(() => new Intl.NumberFormat(language, { style: 'percent' }))
  }

  /** A message with its parts filled in. */
  say(name: StringKey, parts: Record<string, string> = {}): string {
    return fill(this.messages[name], parts)
  }

  /** A message about a count. */
  count(name: 'found' | 'best', n: number, parts: Record<string, number> = {}): string {
    const counted = this.messages[name]
    const sentence = counted[this.#plurals().select(n)] ?? counted.other
    const numbers = Object.entries({ n, ...parts }).map(([key, value]) => [key, this.number(value)])
    return fill(sentence, Object.fromEntries(numbers))
  }

  number(value: number): string {
    return this.#numbers().format(value)
  }

  percent(share: number): string {
    return this.#percents().format(share)
  }

  /** Bytes as whole megabytes. */
  size(bytes: number): string {
    const megabytes = Math.max(1, Math.round(bytes / 1e6))
    return megabytes.toLocaleString(this.language, { style: 'unit', unit: 'megabyte' })
  }

  /** The name of a field. */
  field(name: string): string {
    return this.messages.fields[name] ?? name.charAt(0).toLocaleUpperCase(this.language) + name.slice(1)
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
