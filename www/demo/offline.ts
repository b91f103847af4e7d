/** The line at the foot of the page about use without a network: what is stored, a newer version, and the way to remove it. */
import { Offline, type OfflineState } from 'inkling-search/offline'
import { isRemoved, setRemoved } from './removed.js'

/** The search stores its model when it has it, and says nothing of it: it is looked for until it is there. */
const LOOK_AGAIN_MS = 2000

/** How long storing waits at most for the better answer to a question that words have answered. */
const BETTER_MS = 15_000

const TEXTS: Record<OfflineState, string> = {
  off: 'This page is not stored on this device.',
  storing: 'Being stored for use without a network…',
  stored: 'Works without a network.',
  update: 'A new version of this page is stored.',
  replaced: 'This page was replaced by a new version.',
  failed: 'The newest version could not be stored. What was stored before goes on working; the next visit tries again.',
}

/** The same where nothing was stored before. */
const FIRST_FAILED = 'This page could not be stored for use without a network; the next visit tries again.'

/** Beside this script, at the root of the site, from whichever of its pages. */
const script = new URL('service-worker.js', import.meta.url)

const section = document.getElementById('offline') as HTMLElement
const text = document.createElement('p')
const action = document.createElement('button')
const offline = Offline.supported ? new Offline({ script, onChange: () => void show() }) : undefined

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)}\u00a0MB`

async function show(): Promise<void> {
  if (!offline) return
  const { state } = offline
  const { files, bytes, model, usage } = await offline.stored()
  if (state !== offline.state) return
  const isNews = state === 'update' || state === 'replaced'
  const how = state !== 'stored' || model ? '' : ' Keyword search for now: smart search is stored once it is loaded.'
  const counted = usage === undefined ? '' : ` (the browser counts ${megabytes(usage)})`
  const size =
    files > 0 ? `${megabytes(bytes)} in ${files} files are stored on this device${counted}.` : 'Nothing is stored.'
  const isFirst = state === 'failed' && !navigator.serviceWorker.controller
  text.textContent = isFirst ? FIRST_FAILED : `${TEXTS[state]}${how} ${isNews ? '' : size}`
  action.hidden = isFirst
  section.classList.toggle('news', isNews)
  section.dataset.state = state
  action.textContent = isNews
    ? 'Load the new version'
    : state === 'off'
      ? 'Store it for use without a network'
      : 'Remove it from this device'
  section.hidden = false
  if (state === 'stored' && !model) lookAgain()
}

/** Counting reads every file: not before there is a model that could be stored. */
function lookAgain(): void {
  setTimeout(() => (document.body.dataset.meaning === 'ready' ? void show() : lookAgain()), LOOK_AGAIN_MS)
}

/** Storing begins when the search has all that it loads, or waits for the visitor: until then the line is its own. */
async function afterTheSearch(): Promise<void> {
  const { body } = document
  // A page without a search has nothing to wait for.
  await until(body, () => body.dataset.meaning !== 'loading')
  const results = document.getElementById('results')
  if (body.dataset.meaning !== 'ready' || !results) return
  // What words have answered is asked again, and may need the embeddings of seldom words.
  const late = new Promise((resolve) => setTimeout(resolve, BETTER_MS))
  await Promise.race([until(results, () => results.dataset.mode !== 'lexical'), late])
}

/** Waits until something holds that attributes of an element tell. */
function until(element: HTMLElement, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return
      observer.disconnect()
      resolve()
    }
    const observer = new MutationObserver(look)
    observer.observe(element, { attributes: true })
    look()
  })
}

async function act(): Promise<void> {
  if (!offline) return
  if (offline.state === 'update') return offline.update()
  if (offline.state === 'replaced') return location.reload()
  if (offline.state !== 'off') {
    setRemoved(true)
    return offline.clear()
  }
  setRemoved(false)
  // A fresh page: this one may still have the worker that was removed.
  location.reload()
}

if (offline) {
  text.setAttribute('aria-live', 'polite')
  action.type = 'button'
  action.className = 'text-button'
  action.addEventListener('click', () => void act())
  section.append(text, action)
  if (isRemoved()) void show()
  else void afterTheSearch().then(() => offline.start())
}
