/** Parts of a page. All text goes in as text nodes: nothing in the data can become markup. */
import type { TextRange } from 'inkling-search'

/** The element of an id. */
export function byId<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element #${id}`)
  return found as E
}

/** A new element with a class and, in it, text or other elements. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...children)
  return made
}

/** A text with the given parts marked. */
export function marked(text: string, parts: readonly TextRange[]): (Node | string)[] {
  const pieces: (Node | string)[] = []
  let end = 0
  for (const [from, to] of parts) {
    if (from < end || to > text.length) continue
    pieces.push(text.slice(end, from), element('mark', '', text.slice(from, to)))
    end = to
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== '')
}

/** A button that looks like a link. */
export function textButton(text: string, onClick: () => void): HTMLButtonElement {
  const button = element('button', 'text-button', text)
  button.type = 'button'
  button.addEventListener('click', onClick)
  return button
}

/** Gives an element the colour of a track: the style sheet's, or one made of its name. */
export function tint(part: HTMLElement, track = ''): void {
  if (!track) return
  part.dataset.track = slug(track)
  const hue = new TextEncoder().encode(track).reduce((hash, byte) => (hash * 31 + byte) % 360, 7)
  part.style.setProperty('--own-hue', String(hue))
}

/** A name as a style sheet can match it: `Health Analytics` is `health-analytics`. */
export const slug = (name: string): string => name.toLowerCase().replace(/[^a-z]+/g, '-')
