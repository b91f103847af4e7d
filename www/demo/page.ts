/** The page of a programme that a visitor has indexed: the demo's own, with the name, the dates and the fields of theirs. */
import type { SavedFile, Search } from 'inkling-search'
import { type BuiltIndex, fieldsOf, filterFields } from 'inkling-search/build'
import type { Session } from './programme.js'

/** What such a page loads beside the package and the index. */
const PARTS = ['app.js', 'offline.js', 'style.css', 'sessions.css', 'offline.css', 'views.css', 'favicon.svg']

/** Orders of the whole list, the first that the programme has. */
const ORDERS = ['start', 'day']

/** A map has room for so many sessions, and fewer lie nowhere in particular. */
const [MAPPED_MIN, MAPPED_MAX] = [8, 300]

/** A document as the files of an index have it. */
interface Document {
  id: string
  title: string
  url?: string
  text?: string
  fields?: Record<string, unknown>
}

/** What makes the map of a session's neighbours: a file of its own, which only this page loads. */
type Layout = typeof import('./layout.js')

/** The files of the page, by their paths. `isStored` where a service worker comes with it. */
export async function pageOf(
  { name, index, search }: { name: string; index: BuiltIndex; search: Search },
  isStored: boolean,
): Promise<Map<string, string>> {
  const sessions = documentsOf(index).map(sessionOf)
  const map = await mapOf(sessions, search)
  const texts = await Promise.all(PARTS.map(async (path) => [path, await textOf(path)] as const))
  return new Map([
    ['index.html', htmlOf(await textOf('index.html'), { name, index, sessions, isStored, hasMap: map !== undefined })],
    ...texts,
    ['programme.json', JSON.stringify(sessions)],
    ...(map ? [['map.json', JSON.stringify(map)] as const] : []),
  ])
}

/** A file of this site. */
export async function fileOf(path: string): Promise<SavedFile> {
  const response = await fetch(new URL(path, document.baseURI))
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}: is the network there?`)
  return { path, bytes: new Uint8Array(await response.arrayBuffer()) }
}

const textOf = async (path: string) => new TextDecoder().decode((await fileOf(path)).bytes)

/** The documents of an index, in their order. */
function documentsOf({ files }: BuiltIndex): Document[] {
  const shards = files.filter(({ path }) => path.startsWith('docs/')).sort((a, b) => (a.path < b.path ? -1 : 1))
  return shards.flatMap(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as Document[])
}

/** A document as a session: what has a place in the page goes there, and the rest is told by its name. */
function sessionOf({ id, title, url, text = '', fields = {} }: Document): Session {
  const { track, level, room, day, start, end, duration, type, format = type, speakers, ...others } = fields
  const more = Object.entries(others).map(([name, value]) => [name, said(value)] as const)
  return {
    id,
    title,
    abstract: text,
    speakers: [speakers ?? []].flat().map(String),
    track: said(track),
    format: said(format),
    level: said(level),
    day: said(day),
    start: said(start),
    end: said(end) || endOf(said(start), said(duration)),
    room: said(room),
    ...(url && { url }),
    more: Object.fromEntries(more.filter(([, value]) => value !== '')),
  }
}

/** A value as text: a list is its entries. */
const said = (value: unknown): string =>
  [value]
    .flat()
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .join(', ')

/** When something ends that takes `00:45` from `2027-05-10T08:45` on. */
function endOf(start: string, duration: string): string {
  const [, hours, minutes] = /^(\d+):(\d\d)/.exec(duration) ?? []
  const [, clock, offset = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d)?(.*)$/.exec(start) ?? []
  if (!clock || !hours) return ''
  const end = Date.parse(`${clock}Z`) + (Number(hours) * 60 + Number(minutes)) * 60_000
  return `${new Date(end).toISOString().slice(0, 16)}${offset}`
}

/** The places of the sessions on a map, near those most like them; undefined where there is none to draw. */
async function mapOf(sessions: readonly Session[], search: Search): Promise<unknown> {
  if (sessions.length < MAPPED_MIN || sessions.length > MAPPED_MAX) return undefined
  const { layOut, neighboursOf }: Layout = await import(new URL('layout.js', document.baseURI).href)
  const limit = neighboursOf(sessions.length)
  const number = new Map(sessions.map(({ id }, at) => [id, at]))
  const indices: number[][] = []
  const distances: number[][] = []
  for (const [at, { id }] of sessions.entries()) {
    const hits = await search.similar(id, { limit })
    indices.push([at, ...hits.map((hit) => number.get(hit.id) ?? at)])
    distances.push([0, ...hits.map(({ cosine }) => 1 - cosine)])
  }
  const places = layOut(sessions.length, (umap) => {
    umap.setPrecomputedKNN(indices, distances)
    // Of what lies there only the number counts: the neighbours are known.
    return umap.fit(sessions.map(() => []))
  })
  return { places: Object.fromEntries(sessions.map(({ id }, at) => [id, places[at]])) }
}

/** What the page is made for. */
interface Programme {
  name: string
  index: BuiltIndex
  sessions: readonly Session[]
  hasMap: boolean
  isStored: boolean
}

/** The demo's page as that of another programme. */
function htmlOf(demo: string, { name, index, sessions, hasMap, isStored }: Programme): string {
  const page = new DOMParser().parseFromString(demo, 'text/html')
  const part = (selector: string) => page.querySelector(selector) as HTMLElement
  for (const own of page.querySelectorAll(isStored ? '[data-own]' : '[data-own], [data-offline]')) own.remove()
  page.title = name
  part('meta[name=description]').setAttribute('content', `Ask the programme of ${name} a question in your own words.`)
  part('meta[name=application-name]').setAttribute('content', name)
  part('#name').textContent = name
  part('#when').textContent = datesOf(sessions)
  part('#query').setAttribute('placeholder', 'Ask in your own words')
  if (!hasMap) part('[data-view=map]').remove()
  const files = new Map(index.files.map(({ path, bytes }) => [path, bytes]))
  const box = part('inkling-search')
  const fields = fieldsOf(files)
  box.setAttribute('filters', filterFields(files).join(' '))
  box.setAttribute('show', fields.join(' '))
  const order = ORDERS.find((field) => fields.includes(field))
  if (order) box.setAttribute('sort', order)
  else box.removeAttribute('sort')
  return `<!doctype html>\n${page.documentElement.outerHTML}\n`
}

/** `10–11 May 2027`; empty where sessions have no dates. */
function datesOf(sessions: readonly Session[]): string {
  const dates = sessions.flatMap(({ start, day }) => /^\d{4}-\d\d-\d\d/.exec(start || day)?.[0] ?? []).sort()
  const [first, last] = [dates[0], dates.at(-1)]
  if (!first || !last) return ''
  const format = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  return format.formatRange(new Date(first), new Date(last))
}
