/** What the page says. */
import { InklingError, type Mode, type Progress, type QueryResult, type SearchInfo } from 'inkling-search'
import { inAddress, type Request } from './address.js'
import type { Meaning } from './answer.js'
import { element, textButton } from './elements.js'
import { page } from './page.js'

const sessions = (count: number) => (count === 1 ? '1 session' : `${count} sessions`)

/** The quiet line that says what the search is doing, or how long it took. */
export function note(...content: (string | Node)[]): void {
  page.progress.hidden = true
  page.noteText.replaceChildren(...content)
}

/** How far the model is while keywords answer. */
export function progress({ stage, loaded, total }: Partial<Progress> = {}): void {
  const known = loaded !== undefined && total !== undefined && total > 0 && stage !== 'prepare'
  const share = known ? loaded / total : 0
  page.progress.hidden = false
  if (known) page.progress.value = share
  else page.progress.removeAttribute('value')
  const size = known ? `: ${Math.round(loaded / 1e6)} of ${Math.round(total / 1e6)}\u00a0MB` : '…'
  page.noteText.textContent = `Keyword results for now. Smart search is loading${size}`
}

/** Offers the answer by meaning, where showing it unasked would take away what the visitor is reading. */
export const offer = (answer: () => void): HTMLElement => textButton('Better answers are ready', answer)

/** That keywords answer because data is to be saved, and the offer to fetch the model all the same. */
export const saving = (bytes: number, load: () => void): (string | Node)[] => [
  'Keyword results. ',
  offerMeaning(bytes, load),
]

const offerMeaning = (bytes: number, load: () => void) =>
  textButton(`Turn on smart search (${Math.ceil(bytes / 1e6)}\u00a0MB)`, load)

/** How long an answer took. */
export function speed({ timings, mode }: QueryResult<unknown>): string {
  const time = timings.total < 10 ? timings.total.toFixed(1) : timings.total.toFixed(0)
  return `${time} ms on this device${mode === 'lexical' ? ', by keywords only' : ''}`
}

/** That everything is loaded. */
export const ready = ({ documents }: SearchInfo): string =>
  `Ready: ${sessions(documents)}, searched by words and by meaning.`

/** What the answer is, in a line. */
export function summary(
  { hits, found, mode, corrected, truncated }: QueryResult<unknown>,
  { browsing, filtered, far }: { browsing: boolean; filtered: boolean; far: boolean },
  { documents, maxTokens }: SearchInfo,
): string {
  if (browsing) return filtered ? `${sessions(found)}, in order of time.` : `${sessions(documents)} on two days.`
  const limit = maxTokens > 0 ? `its first ${maxTokens} word pieces were` : 'its beginning was'
  const cut = truncated ? ` Your question is very long: only ${limit} read.` : ''
  const read = corrected === undefined || found === 0 ? '' : ` Read as “${corrected}”.`
  return `${count(hits.length, found, mode, far)}${read}${cut}`
}

function count(shown: number, found: number, mode: Mode, far: boolean): string {
  if (found === 0) return 'Nothing close.'
  if (far) return `Nothing matches well. The nearest ${shown} of ${sessions(found)}.`
  const how = mode === 'lexical' ? 'with such words' : 'found'
  return found > shown ? `The best ${shown} of ${sessions(found)} ${how}.` : `${sessions(found)} ${how}.`
}

/** That nothing answers the question, and what could be done about it. */
export function nothingClose(
  { question }: Request,
  meaning: Meaning,
  waitingBytes: number,
  examples: HTMLElement,
  {
    showFar,
    clear,
    loadMeaning,
  }: { showFar: (() => void) | undefined; clear: (() => void) | undefined; loadMeaning: () => void },
): Node[] {
  const asked = question.trim() && element('q', '', inAddress(question.trim()).slice(0, 80))
  if (meaning === 'loading' && asked) {
    return [
      element(
        'p',
        '',
        'No session has words like ',
        asked,
        '. Your question is asked again as soon as smart search is loaded.',
      ),
    ]
  }
  if (meaning === 'waiting' && asked) {
    return [
      element('p', '', 'No session has words like ', asked, '.'),
      element('p', 'choices', offerMeaning(waitingBytes, loadMeaning)),
    ]
  }
  const where = clear ? 'Among the sessions you filtered, nothing' : 'Nothing in the programme'
  const buttons = element('p', 'choices')
  if (clear) buttons.append(textButton('Search without filters', clear))
  if (asked && showFar) buttons.append(textButton('Show the nearest anyway', showFar))
  if (!asked) return [element('p', '', 'No session has all of these at once.'), buttons]
  const suggestions = examples.cloneNode(true) as HTMLElement
  suggestions.removeAttribute('id')
  suggestions.setAttribute('aria-label', 'Questions that have answers')
  suggestions.replaceChildren(...[...suggestions.children].slice(0, 3))
  return [
    element('h2', '', `${where} comes close to `, asked),
    element('p', '', 'Try other words, or one of these questions:'),
    suggestions,
    buttons,
  ]
}

/** What failed, why, and the way to try again. */
export function failure(what: string, error: unknown): HTMLElement[] {
  const { code, message } = error instanceof InklingError ? error : { code: 'internal', message: String(error) }
  return [
    element('h2', '', what),
    element('p', '', `${message} (`, element('code', '', code), ')'),
    textButton('Try again', () => location.reload()),
  ]
}
