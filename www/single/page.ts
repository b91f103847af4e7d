/** The page of a search that is one file: the element as a page of results, and nothing that is fetched. */
import type {} from '../src/element/define.js'
import { InklingSearchElement } from '../src/element/element.js'
import { fieldsOf, filterFields } from '../src/fields.js'
import { createSearch } from '../src/search.js'
import type { Hit } from '../src/types.js'
import { takeFiles } from './files.js'
import { takeWorker } from './start.js'

const byId = <E extends HTMLElement>(id: string) => document.getElementById(id) as E

/** Where a document is on the web, if it is known: an address from here would lead nowhere. */
function addressOf({ url }: Hit): string | undefined {
  const site = document.body.dataset.site || undefined
  if (!url || !URL.canParse(url, site)) return undefined
  const address = new URL(url, site)
  return /^https?:$/.test(address.protocol) ? address.href : undefined
}

async function start(): Promise<void> {
  const files = await takeFiles((share) => (byId<HTMLProgressElement>('progress').value = share))
  await takeWorker()
  byId('opening').remove()
  customElements.define('inkling-search', InklingSearchElement)
  const element = new InklingSearchElement()
  element.id = 'results'
  const attributes = {
    results: '',
    preload: '',
    // Every such file of a disk would share them.
    recent: 'off',
    filters: filterFields(files).join(' '),
    show: fieldsOf(files).join(' '),
  }
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.openSearch = ({ signal, onProgress }) =>
    createSearch({ files, backend: 'cpu', ...(signal && { signal }), ...(onProgress && { onProgress }) })
  element.addressOf = addressOf
  element.addEventListener('inkling-results', ({ detail: { query, mode } }) =>
    Object.assign(element.dataset, { question: query, mode }),
  )
  byId('search').append(element)
  element.open()
}

addEventListener('DOMContentLoaded', () => void start())
