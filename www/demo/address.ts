/** What the visitor asked for, kept in the address: it can be shared, and the Back button returns to it. */

/** The fields that can be filtered by, in the order in which they are shown. */
export const FILTER_FIELDS = ['day', 'level', 'track'] as const

/** A field that can be filtered by. */
export type FilterField = (typeof FILTER_FIELDS)[number]

/** What the page shows. */
export interface Request {
  question: string
  filters: Record<FilterField, string[]>
  /** What is shown: the answer as a list or on the map, the agenda, or the page of a session. */
  view: 'list' | 'map' | 'agenda' | 'session'
  /** The id of the session whose page is shown. */
  session?: string | undefined
}

/** A question may be a whole pasted document, an address must not: as much of it as goes there. */
export const inAddress = (question: string): string => question.slice(0, 500)

/** No filter at all. */
export const noFilters = (): Request['filters'] => ({ day: [], level: [], track: [] })

/** The filters that are set, as the search takes them. */
export function chosenFilters(filters: Request['filters']): Partial<Request['filters']> {
  return Object.fromEntries(Object.entries(filters).filter(([, values]) => values.length > 0))
}

/** The request that an address describes. */
export function readAddress(address: string): Request {
  const { searchParams } = new URL(address)
  const filters = noFilters()
  for (const field of FILTER_FIELDS) filters[field] = [...new Set(searchParams.getAll(field))]
  const session = searchParams.get('session') ?? undefined
  const named = searchParams.get('view')
  const view = session !== undefined ? 'session' : named === 'map' || named === 'agenda' ? named : 'list'
  return { view, session, question: searchParams.get('q') ?? '', filters }
}

/** An address with a request put into it. */
export function withRequest(address: string, { view, session, question, filters }: Request): string {
  const url = new URL(address)
  for (const name of ['q', 'session', 'view', ...FILTER_FIELDS]) url.searchParams.delete(name)
  if (view === 'session' && session !== undefined) url.searchParams.set('session', session)
  else if (view !== 'list') url.searchParams.set('view', view)
  if (view === 'session' || view === 'agenda') return url.href
  if (question) url.searchParams.set('q', inAddress(question))
  for (const field of FILTER_FIELDS) for (const value of filters[field]) url.searchParams.append(field, value)
  return url.href
}
