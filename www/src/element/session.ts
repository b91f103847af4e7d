/**
 * What one box is doing: what was asked, what is shown, and what comes next. A state machine without a page; the panel, the
 * dialog and the results page show its state and tell it what the visitor did.
 */
import type { InklingError } from '../errors.js'
import type { FacetCount, Filters, Hit, QueryResult } from '../types.js'
import type { Said, Source } from './engine.js'

/** Long enough that a fast typist's half-words are not encoded, short enough to feel immediate. Words need no pause. */
const TYPING_PAUSE_MS = 90

/** An answer that has stood for so long is being read: a better one no longer takes its place unasked. */
const READING_MS = 1000

/** How many hits "show more" adds. */
const MORE = 20

/** How many documents like the one that is read are shown beside it. */
const SIMILAR = 3

/** What is asked. */
export interface Question {
  text: string
  filters: Filters
  limit: number
  /** The least score of a hit; 0 where what is hardly about the question is wanted, too. */
  minScore: number | 'auto'
}

/** A question with its answer. */
export interface Shown {
  question: Question
  result: QueryResult
  /** What is to be said to a question in another language than the documents, where nothing answers it. */
  foreign?: Said | undefined
}

/**
 * What a session is at: nothing asked; waiting for the search to open, or for its answer, while the answer before may still be
 * shown; showing the answer to `question`; or failed.
 */
export type Phase = 'idle' | 'opening' | 'asking' | 'answered' | 'failed'

/** All that there is to show. */
export interface State {
  readonly phase: Phase
  readonly question: Question
  readonly shown: Shown | undefined
  /** A better answer has come, and waits until the reader wants it. */
  readonly better: boolean
  readonly failure: InklingError | undefined
  /** A document without an address, whose text is shown in place, and those most like it. */
  readonly reading: { hit: Hit; similar: Hit[] } | undefined
  /** Every value of the fields to filter by, in the whole index. */
  readonly values: Record<string, FacetCount[]>
}

/** What the site wants of a session. */
export interface Settings {
  /** How many hits an answer begins with. */
  readonly limit: number
  /** The fields to filter by. */
  readonly filters: readonly string[]
  /** The field in whose order everything is listed while nothing is asked; without it nothing is. */
  readonly sort: string | undefined
}

/** What a session tells its owner. */
export interface SessionEvents {
  changed(): void
  /** An answer is shown. */
  answered(shown: Shown): void
  /** An answer failed, though the search had been opened. */
  failed(error: InklingError): void
}

/** One conversation with a search. */
export class Session {
  readonly #source: Source
  readonly #settings: () => Settings
  readonly #events: SessionEvents
  #state: State
  #asking = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #shownAt = 0
  #better: Shown | undefined

  /** `settings` are read at each question. */
  constructor(source: Source, settings: () => Settings, events: SessionEvents) {
    this.#source = source
    this.#settings = settings
    this.#events = events
    this.#state = {
      phase: 'idle',
      question: { text: '', filters: {}, limit: settings().limit, minScore: 'auto' },
      shown: undefined,
      better: false,
      failure: undefined,
      reading: undefined,
      values: {},
    }
  }

  get state(): State {
    return this.#state
  }

  /** Takes in what was typed, and asks it when the typing pauses. */
  type(text: string): void {
    this.cancel()
    this.#become({ question: this.#about({ text }), reading: undefined })
    this.#timer = setTimeout(() => this.ask({ text }), this.#source.meaning === 'ready' ? TYPING_PAUSE_MS : 0)
  }

  /** Asks something now. Whatever was asked before and is not answered yet never will be. */
  ask(change: Partial<Pick<Question, 'text' | 'filters' | 'minScore' | 'limit'>> = {}): void {
    this.cancel()
    const question = this.#about(change)
    this.#become({ question, reading: undefined })
    if (question.text.trim() || chosen(question.filters) || this.#settings().sort) return void this.#ask(question)
    this.#shown(undefined)
    this.#become({ phase: 'idle', failure: undefined })
  }

  /** Chooses a value to filter by, or drops it. */
  toggle(field: string, value: string): void {
    const { filters } = this.#state.question
    const values = filters[field] ?? []
    const wanted = values.includes(value) ? values.filter((other) => other !== value) : [...values, value]
    const { [field]: _, ...others } = filters
    this.ask({ filters: wanted.length > 0 ? { ...others, [field]: wanted } : others })
  }

  /** Asks for more hits of the same answer. */
  more(): void {
    this.ask({ limit: this.#state.question.limit + MORE })
  }

  /** How many hits there would be after {@link more}. */
  get afterMore(): number {
    return this.#state.question.limit + MORE
  }

  /** Shows the better answer that has come. */
  showBetter(): void {
    if (this.#better) this.#shown(this.#better)
  }

  /** The visitor is reading what is shown: it must stay as it is. */
  read(): void {
    this.#shownAt = Number.NEGATIVE_INFINITY
  }

  /** Shows the text of a document in place, and those like it. */
  async open(hit: Hit): Promise<void> {
    this.read()
    this.#become({ reading: { hit, similar: [] } })
    const similar = await this.#source.similar(hit.id, SIMILAR).catch(() => [])
    if (this.#state.reading?.hit === hit) this.#become({ reading: { hit, similar } })
  }

  /** Goes back from a text to the answer. */
  back(): void {
    this.#become({ reading: undefined })
  }

  /** What is on its way is not wanted any more; what is shown stays. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#asking.abort()
    this.#asking = new AbortController()
    if (this.#state.phase === 'opening' || this.#state.phase === 'asking')
      this.#become({ phase: this.#state.shown ? 'answered' : 'idle' })
  }

  /** Takes in what has changed about the search: an answer by words may have a better one now. */
  refresh(): void {
    const { phase, shown } = this.#state
    if (phase !== 'answered' || this.#better || !shown) return this.#become({})
    if (this.#source.meaning !== 'ready' || shown.result.mode !== 'lexical') return this.#become({})
    if (!this.#isBeingRead(shown)) return this.ask()
    void this.#improve(shown)
  }

  #isBeingRead({ result }: Shown): boolean {
    return result.hits.length > 0 && Date.now() - this.#shownAt >= READING_MS
  }

  async #ask(question: Question): Promise<void> {
    const { signal } = this.#asking
    this.#become({ phase: this.#source.opened ? 'asking' : 'opening', failure: undefined })
    try {
      const shown = await this.#answer(question, signal)
      if (!signal.aborted) this.#shown(shown)
    } catch (thrown) {
      const error = thrown as InklingError
      if (signal.aborted || error.code === 'cancelled') return
      // What kept the search from opening was told already.
      if (this.#source.opened) this.#events.failed(error)
      this.#better = undefined
      this.#become({ phase: 'failed', failure: error, shown: undefined, better: false })
    }
  }

  async #answer(question: Question, signal: AbortSignal): Promise<Shown> {
    const { text, filters, limit, minScore } = question
    const { filters: fields, sort } = this.#settings()
    // Not in one expression: the state that is changed is the one after waiting.
    const values = fields.length > 0 ? await this.#source.values(fields) : {}
    this.#state = { ...this.#state, values }
    const order = !text.trim() && sort ? { sort } : {}
    const facets = Object.keys(values)
    const result = await this.#source.query(text, { limit, minScore, facets, filters, ...order }, signal)
    const isAnswered = !text.trim() || (minScore === 'auto' && result.hits.length > 0)
    return isAnswered ? { question, result } : { question, result, foreign: await this.#source.foreign(text) }
  }

  /** Asks again in the background. Where the answer is the same, the reader has nothing to decide. */
  async #improve(shown: Shown): Promise<void> {
    const { signal } = this.#asking
    const better = await this.#answer(shown.question, signal).catch(() => undefined)
    if (!better || signal.aborted || this.#state.shown !== shown) return
    if (hitsOf(better) === hitsOf(shown)) return this.#shown(better)
    this.#better = better
    this.#become({ better: true })
  }

  #shown(shown: Shown | undefined): void {
    this.#better = undefined
    this.#shownAt = Date.now()
    this.#become({ phase: shown ? 'answered' : 'idle', shown, better: false })
    if (shown) this.#events.answered(shown)
  }

  /** The question as it is now, changed. Another text is a new question: it begins with the first hits. */
  #about(change: Partial<Question>): Question {
    const before = this.#state.question
    const question = { ...before, ...change }
    const same = question.text === before.text && question.filters === before.filters
    if (same) return question
    return { ...question, limit: change.limit ?? this.#settings().limit, minScore: change.minScore ?? 'auto' }
  }

  #become(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change }
    this.#events.changed()
  }
}

/** The hits of an answer, and the place in each that they lead to. */
export const hitsOf = ({ result }: Shown): string => result.hits.map(({ id, url = '' }) => `${id} ${url}`).join('\n')

/** Whether any value is chosen. */
export const chosen = (filters: Filters): boolean => Object.values(filters).some((values) => values.length > 0)
