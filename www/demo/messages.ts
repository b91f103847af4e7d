/** What the page says. */
import type { InklingError, QueryResult } from 'inkling-search'
import type { Messages } from 'inkling-search/element'
import { element, textButton } from './elements.js'

/** The element's sentences, where this programme has better ones. */
export const MESSAGES: Partial<Messages> = {
  found: { one: '{n} session', other: '{n} sessions' },
  best: { other: 'The best {shown} of {n} sessions' },
  showAll: { one: 'Show {n} session', other: 'Show all {n} sessions' },
  corrected: '{summary}. Read as “{query}”.',
  nothing: 'Nothing in the programme comes close to “{query}”.',
  nothingFiltered: 'No session has all of these at once.',
}

/** How long an answer took, and whether all of the question was read. */
export function speed({ timings, mode, truncated }: QueryResult): string {
  const time = timings.total < 10 ? timings.total.toFixed(1) : timings.total.toFixed(0)
  const cut = truncated ? 'Your question is very long: only its beginning was read. ' : ''
  return `${cut}${time} ms on this device${mode === 'lexical' ? ', by keywords only' : ''}`
}

/** What failed, why, and the way to try again. */
export function failure(what: string, { code, message }: InklingError): HTMLElement[] {
  return [
    element('h2', '', what),
    element('p', '', `${message} (`, element('code', '', code), ')'),
    textButton('Try again', () => location.reload()),
  ]
}
