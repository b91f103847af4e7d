/** The page that indexes a programme of the visitor's own, in the browser. */
import { createSearch, type Hit, InklingError, type Search } from 'inkling-search'
import { type BuildProgress, type BuiltIndex, buildIndex } from 'inkling-search/build'
import { byId, element, marked } from './elements.js'
import { EXAMPLE } from './example.js'
import { canSaveFolder, type Saved, SNIPPET, saveFolder, saveZip } from './save.js'

const MODEL = new URL('search/model/', document.baseURI)
const HITS = 3

/** Characters of a passage that a hit shows. */
const PASSAGE_MAX = 320

const parts = {
  drop: byId('drop'),
  file: byId<HTMLInputElement>('file'),
  example: byId<HTMLButtonElement>('example'),
  working: byId('working'),
  stage: byId('stage'),
  progress: byId<HTMLProgressElement>('progress'),
  cancel: byId<HTMLButtonElement>('cancel'),
  failure: byId('failure'),
  status: byId('status'),
  notes: byId('notes'),
  ready: byId('ready'),
  form: byId<HTMLFormElement>('form'),
  query: byId<HTMLInputElement>('query'),
  answer: byId('answer'),
  results: byId('results'),
  zip: byId<HTMLButtonElement>('zip'),
  folder: byId<HTMLButtonElement>('folder'),
  saved: byId('saved'),
  copy: byId<HTMLButtonElement>('copy'),
}

let search: Search | undefined
let built: BuiltIndex | undefined
/** What the programme is called: as its file is. */
let programme = ''
let work: AbortController | undefined

/** Reads, encodes and opens a programme; what was there before it stays until the new one is ready. */
async function take(source: File | string, name: string): Promise<void> {
  work?.abort()
  const { signal } = (work = new AbortController())
  parts.failure.hidden = true
  parts.notes.hidden = true
  parts.working.hidden = false
  parts.status.textContent = `Indexing ${name}.`
  showProgress({ stage: 'read', done: 0, total: 0 })
  let start = 0
  try {
    const onProgress = (progress: BuildProgress) => {
      if (progress.stage === 'encode') start ||= performance.now()
      if (!signal.aborted) showProgress(progress, start)
    }
    const index = await buildIndex(source, { model: MODEL, name, onProgress, signal })
    const opened = await createSearch({ files: new Map(index.files.map(({ path, bytes }) => [path, bytes])), signal })
    await opened.modelReady
    if (signal.aborted) return opened.dispose()
    search?.dispose()
    ;[search, built] = [opened, index]
    programme = name.replace(/\.\w+$/, '')
    showReady(name, index)
  } catch (error) {
    if (!signal.aborted) fail(`${name} could not be indexed`, error)
  } finally {
    if (work?.signal === signal) {
      parts.working.hidden = true
      if (signal.aborted) parts.status.textContent = 'Cancelled.'
    }
  }
}

function showProgress({ stage, done, total }: BuildProgress, start = 0): void {
  if (total > 0 && stage !== 'read') parts.progress.value = done / total
  else parts.progress.removeAttribute('value')
  if (stage === 'read') parts.stage.textContent = total > 0 ? `${total} sessions read; loading the model…` : 'Reading…'
  if (stage === 'model') parts.stage.textContent = `Loading the model: ${megabytes(done)} of ${megabytes(total)}`
  if (stage !== 'encode') return
  const left = (((performance.now() - start) / done) * (total - done)) / 1000
  const time =
    left < 1 ? '' : left < 90 ? `, about ${Math.ceil(left)} s left` : `, about ${Math.round(left / 60)} min left`
  parts.stage.textContent = `Encoding: ${done} of ${total} passages${time}`
}

function showReady(name: string, { documents, passages, files, notes }: BuiltIndex): void {
  const size = files.filter((file) => !file.path.startsWith('model/')).reduce((sum, file) => sum + file.bytes.length, 0)
  parts.status.textContent = `${name} is indexed: ${plural(documents, 'session')}, ${plural(passages, 'passage')}, ${Math.ceil(size / 1000)} KB.`
  parts.notes.replaceChildren(...notes.map(({ message }) => element('li', '', `${message}.`)))
  parts.notes.hidden = notes.length === 0
  parts.ready.hidden = false
  parts.saved.textContent = ''
  parts.query.value = ''
  showHits([])
  parts.answer.textContent = ''
  parts.query.focus()
}

async function ask(): Promise<void> {
  const text = parts.query.value
  try {
    const result = await search?.query(text, { limit: HITS })
    if (!result || !text.trim()) {
      parts.answer.textContent = ''
      return showHits([])
    }
    const { hits, found, timings } = result
    const count =
      found > hits.length
        ? `The best ${hits.length} of ${plural(found, 'session')} found.`
        : `${plural(found, 'session')} found.`
    parts.answer.textContent = `${found === 0 ? 'Nothing close.' : count} ${timings.total.toFixed(0)} ms on this device.`
    showHits(hits)
  } catch (error) {
    if ((error as Error).name !== 'AbortError') fail('The question could not be answered', error)
  }
}

function showHits(hits: Hit[]): void {
  parts.results.replaceChildren(
    ...hits.map(({ title, url, fields, passage, matches, titleMatches }) => {
      const shown = Object.values(fields)
        .flat()
        .filter((value) => typeof value !== 'object')
        .map(String)
        .filter(Boolean)
      const address = url && /^https?:/.test(url) ? url : undefined
      const heading = element('h3')
      if (address) {
        const link = element('a', 'link', ...marked(title, titleMatches))
        link.href = address
        heading.append(link)
      } else heading.append(...marked(title, titleMatches))
      const item = element('li', '', heading)
      if (shown.length > 0) item.append(element('p', 'quiet', shown.join(' · ').slice(0, 200)))
      const cut = passage.text.length > PASSAGE_MAX
      const text = cut ? passage.text.slice(0, PASSAGE_MAX) : passage.text
      item.append(element('p', '', ...marked(text, matches), cut ? '…' : ''))
      return item
    }),
  )
}

/** Says in words what went wrong. */
function fail(what: string, error: unknown): void {
  const { code, message } =
    error instanceof Error && 'code' in error ? (error as InklingError) : { code: 'internal', message: String(error) }
  parts.failure.replaceChildren(
    element('h2', '', `${what}.`),
    element('p', '', `${message} (`, element('code', '', code), ')'),
  )
  parts.failure.hidden = false
  parts.status.textContent = ''
}

/** Saves while its button waits; says where it went. */
async function save(button: HTMLButtonElement, how: (saved: Saved) => Promise<string | undefined>): Promise<void> {
  if (!built || !search) return
  button.disabled = true
  parts.saved.textContent = 'Saving…'
  try {
    parts.saved.textContent = (await how({ name: programme, index: built, search })) ?? ''
  } catch (error) {
    parts.saved.textContent = ''
    fail('The folder could not be saved', error)
  } finally {
    button.disabled = false
  }
}

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

parts.file.addEventListener('change', () => {
  const [file] = parts.file.files ?? []
  // The same file may be chosen again once it has been mended.
  if (file) void take(file, file.name).finally(() => (parts.file.value = ''))
})
parts.example.addEventListener('click', () => void take(EXAMPLE, 'garden.json'))
parts.cancel.addEventListener('click', () => work?.abort())
for (const type of ['dragover', 'dragleave', 'drop'] as const) {
  // Over the whole page: a file that misses the field would otherwise take the page's place.
  document.addEventListener(type, (event) => {
    event.preventDefault()
    parts.drop.classList.toggle('over', type === 'dragover')
    const [file] = type === 'drop' ? (event.dataTransfer?.files ?? []) : []
    if (file) void take(file, file.name)
  })
}
parts.form.addEventListener('submit', (event) => event.preventDefault())
parts.query.addEventListener('input', () => void ask())
parts.zip.addEventListener('click', () => void save(parts.zip, saveZip))
parts.folder.hidden = !canSaveFolder
parts.folder.addEventListener('click', () => void save(parts.folder, saveFolder))
byId('snippet').textContent = SNIPPET
parts.copy.addEventListener('click', () => {
  // Only pages from https or localhost have a clipboard.
  const copied = navigator.clipboard?.writeText(SNIPPET) ?? Promise.reject()
  copied.then(
    () => (parts.saved.textContent = 'Copied.'),
    () => (parts.saved.textContent = 'The browser did not allow copying: select the text instead.'),
  )
})
