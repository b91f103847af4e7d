/** What it took to answer: the arithmetic in use, the time of each step, and the bytes that were loaded. */
import type { Progress, QueryResult, SearchInfo, Timings } from 'inkling-search'
import { element } from './elements.js'

const STEPS: [keyof Timings, string][] = [
  ['words', 'Words'],
  ['tokenize', 'Tokens'],
  ['encode', 'Meaning'],
  ['scan', 'Comparing'],
  ['rank', 'Ranking'],
  ['documents', 'Reading'],
  ['total', 'In all'],
]

const bytes = { download: 0, cache: 0 }
let before = 0

/** Counts the bytes of a load. They start anew with each load: first the index, then the model. */
export function countBytes({ stage, loaded }: Progress): void {
  if (stage === 'prepare') return
  if (loaded < before) before = 0
  bytes[stage] += loaded - before
  before = loaded
}

const megabytes = (count: number) => `${(count / 1e6).toFixed(2)} MB`

/** Shows all that in a panel. */
export function fillPanel(panel: HTMLElement, info: SearchInfo, answer?: QueryResult<unknown>): void {
  const facts: [string, string][] = [
    ['Backend', answer?.backend ?? info.backend],
    ['Why', info.why],
    ['Kernel', info.kernel],
    ['Index', `${info.documents} sessions, ${info.passages} passages`],
    ['From the site', megabytes(bytes.download)],
    ['From this device', megabytes(bytes.cache)],
  ]
  if (answer)
    facts.push(...STEPS.map(([step, name]): [string, string] => [name, `${answer.timings[step].toFixed(2)} ms`]))
  panel
    .querySelector('dl')
    ?.replaceChildren(...facts.flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]))
  panel.hidden = false
}
