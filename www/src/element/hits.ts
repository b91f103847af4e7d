/** A hit in the list. */
import type { Hit } from '../types.js'
import { make } from './dom.js'
import { excerpt, marked, safeUrl } from './marked.js'
import type { Wording } from './messages.js'

/** Titles are shown whole but for absurd ones, in UTF-16 units. */
const TITLE_MAX = 400

/** What a site wants shown of a hit. */
export interface HitSettings {
  /** The fields shown under a title. */
  readonly show: readonly string[]
  /** The address that a hit leads to; undefined where it leads nowhere. */
  readonly addressOf: (hit: Hit) => string | undefined
  /** What to show instead, if anything. */
  readonly renderHit: ((hit: Hit) => Node | undefined) | undefined
  /** What stands below a hit of a page of results. */
  readonly renderActions: ((hit: Hit) => Node | undefined) | undefined
  readonly wording: Wording
}

/** The address that a hit has, relative to a base; undefined where that is none that a link may have. */
export function addressOf({ url }: Hit, base: string | undefined): string | undefined {
  const safe = safeUrl(url)
  if (safe === undefined || base === undefined) return safe
  const from = URL.canParse(base, document.baseURI) ? new URL(base, document.baseURI) : undefined
  return from && URL.canParse(safe, from) ? new URL(safe, from).href : safe
}

/** A hit as a link or, without an address, as something that opens in place. */
export function hitOption(hit: Hit, settings: HitSettings): HTMLElement {
  const address = settings.addressOf(hit)
  const link = make(address === undefined ? 'div' : 'a', 'option')
  if (link instanceof HTMLAnchorElement && address !== undefined) {
    link.href = address
    // Tab leads past the list, which the arrows are for.
    link.tabIndex = -1
  }
  link.dataset.id = hit.id
  link.append(settings.renderHit?.(hit) ?? standard(hit, settings))
  return link
}

function standard(hit: Hit, { show, wording }: HitSettings): DocumentFragment {
  const fragment = document.createDocumentFragment()
  const name = excerpt(hit.title, hit.titleMatches, TITLE_MAX)
  const title = make('span', 'title', marked(name.text, name.ranges))
  title.dir = 'auto'
  fragment.append(title)
  if (hit.headings?.length) fragment.append(pathOf(hit.headings))
  const facts = factsOf(hit, show, wording).map(({ value }) => value)
  if (facts.length > 0)
    fragment.append(make('span', 'facts', ...facts.flatMap((fact, at) => [at ? ' · ' : '', make('bdi', '', fact)])))
  const { text, ranges } = excerpt(hit.passage.text, hit.matches)
  if (text) {
    const passage = make('span', 'passage', marked(text, ranges))
    passage.dir = 'auto'
    fragment.append(passage)
  }
  return fragment
}

/** The headings that the passage is below: the address of the hit leads to the last of them. */
export function pathOf(headings: readonly string[]): HTMLElement {
  const path = make('span', 'path', headings.join(' › '))
  path.dir = 'auto'
  return path
}

/** What is to be shown of a hit's fields, as the language writes it. The time that something ends joins the one it starts at. */
export function factsOf({ fields }: Hit, names: readonly string[], say: Wording): { name: string; value: string }[] {
  const facts: { name: string; value: string }[] = []
  for (const name of names) {
    const value = fields[name]
    const span = name === 'end' ? undefined : say.span(value, fields.end)
    if (name === 'end' && names.some((other) => other !== 'end' && say.span(fields[other], value))) continue
    const texts = (Array.isArray(value) ? value : [value])
      .filter((one) => ['string', 'number'].includes(typeof one) && one !== '')
      .map((one) => say.value(String(one)))
    if (texts.length > 0) facts.push({ name, value: span ?? texts.join(', ') })
  }
  return facts
}
