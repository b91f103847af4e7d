/** The form of an element that has none inside: a box with an icon and the key that leads to it. */
import { make } from './dom.js'
import type { Wording } from './messages.js'

/** What an own form is made with. */
export interface FormSettings {
  wording: Wording
  /** What the box is called, if not just "Search". */
  label: string | undefined
  /** The page with all results, if there is one. */
  action: string | undefined
  /** The key that leads to the box, if one does. */
  key: string | undefined
}

/** Makes the form. */
export function ownForm({ wording, label, action, key }: FormSettings): HTMLFormElement {
  const search = label ?? wording.messages.search
  const input = make('input', 'input')
  Object.assign(input, { type: 'search', name: 'q', placeholder: search, enterKeyHint: 'search', spellcheck: false })
  input.ariaLabel = search
  input.setAttribute('autocapitalize', 'off')
  const form = make('form', 'own', icon(), input)
  form.classList.add('inkling-box')
  form.setAttribute('role', 'search')
  if (label) form.ariaLabel = label
  if (action) form.action = action
  if (key) {
    const hint = make('kbd', 'key', key)
    hint.ariaHidden = 'true'
    form.append(hint)
  }
  return form
}

function icon(): SVGSVGElement {
  const SVG = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'inkling-icon')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.ariaHidden = 'true'
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', 'M4 10.5a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0m11.1 4.6 5 5')
  svg.append(path)
  return svg
}

/** Whether a form leads to a page of its own: one without an address would load this page again, and lose the answer. */
export const leadsAway = (form: HTMLFormElement | null): form is HTMLFormElement => !!form?.getAttribute('action')

/** The address that a form would send a question to; undefined for one that sends it otherwise than in its address. */
export function addressOfForm(
  form: HTMLFormElement,
  filters: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  if (form.method !== 'get' || !URL.canParse(form.action)) return undefined
  const url = new URL(form.action)
  const sent = [...new FormData(form)].filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const wanted = Object.entries(filters).flatMap(([field, values]) => values.map((value) => [field, value]))
  url.search = new URLSearchParams([...sent, ...wanted]).toString()
  return url.href
}
