/** `/` and Ctrl+K or Cmd+K, which bring the visitor to the search from anywhere on the page. */

/** Whether this is a computer of Apple, where Cmd does what Ctrl does elsewhere. */
export const isApple = (): boolean => /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '')

/**
 * Calls `open` at each of them until the signal is aborted, unless it says that there is nothing to see; on a page with several searches
 * the first one answers.
 */
export function listenForShortcuts(open: () => boolean, signal: AbortSignal): void {
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.defaultPrevented || event.isComposing || !isShortcut(event)) return
      if (open()) event.preventDefault()
    },
    { signal },
  )
}

function isShortcut(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event
  if (altKey) return false
  const field = typedInto(event)
  // In a text that is laid out the same keys make a link, and on a Mac Ctrl+K cuts to the end of the line.
  if (key.toLowerCase() === 'k' && !shiftKey)
    return ctrlKey !== metaKey && field !== 'document' && !(field === 'field' && ctrlKey && isApple())
  return key === '/' && !ctrlKey && !metaKey && field === undefined
}

/** What a key goes into: a field, or a text with a layout; undefined for neither. */
function typedInto(event: KeyboardEvent): 'field' | 'document' | undefined {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) return undefined
  if (target.isContentEditable) return 'document'
  const types = target.matches('input, textarea, select, [role=textbox], [role=searchbox], [role=combobox]')
  // Into a closed shadow root nobody sees: what has the focus there may well be a field.
  const closed = target.localName.includes('-') && target.shadowRoot === null && target === document.activeElement
  return types || closed ? 'field' : undefined
}
