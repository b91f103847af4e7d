/** What the page shows, in its address. The question and its filters the element keeps there. */
import type { Filters } from 'inkling-search'

/** A place on the page. */
export interface Place {
  /** The answer as a list or on the map, the agenda, or the page of a session. */
  view: 'list' | 'map' | 'agenda' | 'session'
  /** The id of the session whose page is shown. */
  session?: string | undefined
}

/** What was asked last. */
export interface Asked {
  query: string
  filters: Filters
}

/** A question may be a whole pasted document, an address must not: as much of it as goes there. */
export const inAddress = (question: string): string => question.slice(0, 500)

/** The place that an address describes. */
export function readPlace(address: string): Place {
  const { searchParams } = new URL(address)
  const session = searchParams.get('session') ?? undefined
  const named = searchParams.get('view')
  const view = session !== undefined ? 'session' : named === 'map' || named === 'agenda' ? named : 'list'
  return { view, session }
}

/** The address of the list or the map with what was asked. */
export function addressOf(view: 'list' | 'map', { query, filters }: Asked): string {
  const wanted = Object.entries(filters).flatMap(([field, values]) => values.map((value) => [field, value]))
  const parameters = new URLSearchParams([
    ...(view === 'map' ? [['view', view]] : []),
    ...(query.trim() ? [['q', inAddress(query.trim())]] : []),
    ...wanted,
  ])
  return `?${parameters}`
}
