/** `/` and Ctrl+K or Cmd+K, which bring the visitor to the search from anywhere on the page. */

/** Calls `open` at each of them until the signal is aborted; on a page with several searches the first one answers. */
export function listenForShortcuts(open: () => void, signal: AbortSignal): void {
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.defaultPrevented || event.isComposing || !isShortcut(event)) return
      event.preventDefault()
      open()
    },
    { signal },
  )
}

function isShortcut(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event
  if (altKey) return false
  if (key.toLowerCase() === 'k' && !shiftKey) return ctrlKey !== metaKey
  return key === '/' && !ctrlKey && !metaKey && !isTyping(event.composedPath()[0])
}

/** Whether a key goes into a text. */
function isTyping(target: EventTarget | undefined): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
  )
}
