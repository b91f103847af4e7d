/** Parts of the element. All text goes in as text nodes: nothing in the data can become markup. */

/** What the element puts into itself; a copy of the page that a router kept may still hold it. */
export const OWN = '.inkling-panel, .inkling-status, .inkling-dialog, .inkling-own'

/** A new element of a class, with what belongs in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = `inkling-${className}`
  element.append(...content)
  return element
}

/** A button of a class that does something. */
export function button(className: string, text: string, onClick: () => void): HTMLButtonElement {
  const element = make('button', className, text)
  element.type = 'button'
  element.addEventListener('click', onClick)
  return element
}

/** Hides or shows a part; one that is so already is not touched. */
export function hide(part: HTMLElement, hidden: boolean): void {
  if (part.hidden !== hidden) part.hidden = hidden
}

/** What has the focus in the tree that a node is in: the page's own, or that of a shadow root. */
export function focusedBeside(node: Node): Element | null {
  const root = node.getRootNode()
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null
}

/** Whether an event happened inside a node, also where that lies in a shadow root. */
export const isInside = (event: Event, node: Node): boolean => event.composedPath().includes(node)

/** The nearest value of an attribute, from a node outwards, also out of shadow roots. */
export function nearest(node: Element, attribute: string): string | undefined {
  for (let at: Element | undefined = node; at; ) {
    const found: Element | null = at.closest(`[${attribute}]`)
    if (found) return found.getAttribute(attribute) ?? undefined
    const root: Node = at.getRootNode()
    at = root instanceof ShadowRoot ? root.host : undefined
  }
  return undefined
}

/** Whether anything of an element is to be seen. */
export const isVisible = (element: Element): boolean => element.getClientRects().length > 0
