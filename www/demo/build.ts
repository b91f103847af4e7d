/** The page that indexes a programme of the visitor's own, in the browser. */
import { createSearch, InklingError, type Search } from 'inkling-search'
import { type BuildProgress, type BuildSettings, buildIndex, fieldsOf, filterFields } from 'inkling-search/build'
import { InklingSearchElement } from 'inkling-search/element'
import { askForColumns } from './columns.js'
import { byId, element } from './elements.js'
import { EXAMPLE } from './example.js'
import { forget, keep, kept, type Programme, programmeOf, SITE } from './kept.js'
import { canSaveFolder, type Saved, SNIPPET, saveFolder, saveZip } from './save.js'

const HITS = 5

const parts = {
  drop: byId('drop'),
  file: byId<HTMLInputElement>('file'),
  example: byId<HTMLButtonElement>('example'),
  working: byId('working'),
  stage: byId('stage'),
  progress: byId<HTMLProgressElement>('progress'),
  cancel: byId<HTMLButtonElement>('cancel'),
  failure: byId('failure'),
  columns: byId<HTMLFormElement>('columns'),
  status: byId('status'),
  notes: byId('notes'),
  ready: byId('ready'),
  search: byId('search'),
  zip: byId<HTMLButtonElement>('zip'),
  folder: byId<HTMLButtonElement>('folder'),
  saved: byId('saved'),
  copy: byId<HTMLButtonElement>('copy'),
  kept: byId('kept'),
  forget: byId<HTMLButtonElement>('forget'),
}

let ready: { programme: Programme; search: Search } | undefined
let work: AbortController | undefined

/** Reads, encodes and opens a programme; what was there before it stays until the new one is ready. */
async function take(source: File | string, name: string, settings: BuildSettings = {}): Promise<void> {
  work?.abort()
  const { signal } = (work = new AbortController())
  for (const part of [parts.failure, parts.columns, parts.notes]) part.hidden = true
  parts.working.hidden = false
  parts.status.textContent = `Indexing ${name}.`
  showProgress({ stage: 'read', done: 0, total: 0 })
  let start = 0
  try {
    const onProgress = (progress: BuildProgress) => {
      if (progress.stage === 'encode') start ||= performance.now()
      if (!signal.aborted) showProgress(progress, start)
    }
    const model = new URL('model/', SITE)
    const index = await buildIndex(source, { ...settings, model, name, deterministic: false, onProgress, signal })
    const programme = await programmeOf(name, index)
    const box = await open(programme, signal)
    if (!box) return
    // What it says of the programme before is not true of this one yet.
    parts.kept.hidden = true
    showReady(programme, 'is indexed')
    box.open()
    void keep(programme).then((isKept) => (parts.kept.hidden = !isKept || signal.aborted))
  } catch (error) {
    if (signal.aborted) return
    const { code, message } = error as InklingError
    const again = (settings: BuildSettings) => void take(source, name, settings)
    if (code === 'missing-column' && askForColumns(parts.columns, message, again))
      parts.status.textContent = `No column of ${name} has a usual name for a title.`
    else fail(`${name} could not be indexed`, error)
  } finally {
    if (work?.signal === signal) {
      parts.working.hidden = true
      if (signal.aborted) parts.status.textContent = 'Cancelled.'
    }
  }
}

/** Opens the programme that was kept when the page was here last. */
async function reopen(): Promise<void> {
  const { signal } = (work = new AbortController())
  const programme = await kept()
  if (!programme || signal.aborted) return
  try {
    if (!(await open(programme, signal))) return
    showReady(programme, 'is here from your last visit')
    parts.kept.hidden = false
  } catch {
    // It was kept by another version of the page.
    if (!signal.aborted) await forget()
  }
}

/** Opens a search in a programme and shows its box; undefined where that is not wanted any more. */
async function open(programme: Programme, signal: AbortSignal): Promise<InklingSearchElement | undefined> {
  const files = new Map(programme.index.files.map(({ path, bytes }) => [path, bytes]))
  const search = await createSearch({ url: SITE, files, signal })
  await search.modelReady
  if (signal.aborted) {
    search.dispose()
    return undefined
  }
  ready = { programme, search }
  return showSearch(search, files)
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

function showReady({ name, index: { documents, passages, files, notes, computed } }: Programme, how: string): void {
  const size = files.filter((file) => !file.path.startsWith('model/')).reduce((sum, file) => sum + file.bytes.length, 0)
  const by = computed.bulk === 'webgpu' ? ', encoded by the GPU' : ''
  parts.status.textContent = `${name} ${how}: ${plural(documents, 'session')}, ${plural(passages, 'passage')}${by}, ${Math.ceil(size / 1000)} KB.`
  parts.notes.replaceChildren(...notes.map(({ message }) => element('li', '', `${message}.`)))
  parts.notes.hidden = notes.length === 0
  parts.ready.hidden = false
  parts.saved.textContent = ''
}

/** The element with the programme in it: what searches on a site searches here. The one before it ends its search as it goes. */
function showSearch(opened: Search, files: ReadonlyMap<string, Uint8Array>): InklingSearchElement {
  const box = new InklingSearchElement()
  const attributes = {
    results: '',
    recent: 'off',
    label: 'Search your programme',
    filters: filterFields(files).join(' '),
    show: fieldsOf(files).join(' '),
    limit: String(HITS),
  }
  for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value)
  box.openSearch = async () => opened
  box.addEventListener('inkling-results', ({ detail: { query, mode } }) =>
    Object.assign(box.dataset, { question: query, mode }),
  )
  parts.search.replaceChildren(box)
  return box
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
  if (!ready) return
  const { programme, search } = ready
  button.disabled = true
  parts.saved.textContent = 'Saving…'
  try {
    parts.saved.textContent = (await how({ ...programme, name: programme.name.replace(/\.\w+$/, ''), search })) ?? ''
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
parts.forget.addEventListener('click', () => {
  parts.kept.hidden = true
  parts.saved.textContent = 'It is removed from this device; this page still has it until you leave.'
  void forget()
})
for (const type of ['dragover', 'dragleave', 'drop'] as const) {
  // Over the whole page: a file that misses the field would otherwise take the page's place.
  document.addEventListener(type, (event) => {
    event.preventDefault()
    parts.drop.classList.toggle('over', type === 'dragover')
    const [file] = type === 'drop' ? (event.dataTransfer?.files ?? []) : []
    if (file) void take(file, file.name)
  })
}
parts.zip.addEventListener('click', () => void save(parts.zip, saveZip))
parts.folder.hidden = !canSaveFolder
parts.folder.addEventListener('click', () => void save(parts.folder, saveFolder))
byId('snippet').textContent = SNIPPET
customElements.define('inkling-search', InklingSearchElement)
void reopen()
parts.copy.addEventListener('click', () => {
  // Only pages from https or localhost have a clipboard.
  const copied = navigator.clipboard?.writeText(SNIPPET) ?? Promise.reject()
  copied.then(
    () => (parts.saved.textContent = 'Copied.'),
    () => (parts.saved.textContent = 'The browser did not allow copying: select the text instead.'),
  )
})
