/** Where the panel goes: at the form, inside the window, and above where there is no room below. */

/** Pixels between the panel and the sides of the window, at least, and between it and the form. */
const MARGIN = 8

/** A panel of this height shows enough of an answer; with less room below, one looks above. */
const ENOUGH = 320

/** The box that a panel hangs on: the form, unless that is as wide as the page while its box is not. */
export function anchorOf(input: HTMLInputElement): HTMLElement {
  const box = input.closest<HTMLElement>('.inkling-box') ?? input.form
  return box && box.getBoundingClientRect().width <= input.getBoundingClientRect().width + 160 ? box : input
}

/** Puts a panel in its place. */
export function place(panel: HTMLElement, anchor: HTMLElement, atEnd: boolean): void {
  const { clientWidth, clientHeight } = document.documentElement
  const box = anchor.getBoundingClientRect()
  panel.style.setProperty('--inkling-anchor', `${box.width}px`)
  panel.style.translate = ''
  const below = clientHeight - box.bottom - 2 * MARGIN
  const above = box.top - 2 * MARGIN
  const upwards = below < ENOUGH && above > below
  panel.classList.toggle('inkling-upwards', upwards)
  panel.style.setProperty('--inkling-room', `${Math.max(upwards ? above : below, ENOUGH / 2)}px`)
  const { left, right, top, bottom, width } = panel.getBoundingClientRect()
  const fromRight = (getComputedStyle(panel).direction === 'rtl') !== atEnd
  const wanted = fromRight ? box.right - right : box.left - left
  // A form as wide as the window has a panel that wide.
  const margin = Math.max(0, Math.min(MARGIN, (clientWidth - width) / 2))
  const across = Math.max(margin - left, Math.min(wanted, clientWidth - margin - right))
  const down = upwards ? box.top - MARGIN - bottom : box.bottom + MARGIN - top
  panel.style.translate = `${across}px ${down}px`
}
