/** The sessions of the programme, whole: what session pages, the map and the agenda show. */

/** A session as the programme has it: empty where it says nothing. Times are those of clocks on the spot: `2027-05-10T08:45`. */
export interface Session {
  id: string
  title: string
  abstract: string
  speakers: string[]
  track: string
  format: string
  level: string
  day: string
  start: string
  end: string
  room: string
  /** Its page elsewhere. */
  url?: string
  /** What else is said of it, by name. */
  more?: Record<string, string>
}

let loading: Promise<Map<string, Session>> | undefined

/** Every session by its id, in order of time. Fetched once; a fetch that failed is tried again at the next call. */
export function programme(): Promise<Map<string, Session>> {
  loading ??= load().catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

async function load(): Promise<Map<string, Session>> {
  const sessions = await fetchJson<Session[]>('programme.json')
  return new Map(sessions.sort(byTime).map((session) => [session.id, session]))
}

/** A file beside the page. */
export async function fetchJson<T>(name: string): Promise<T> {
  const response = await fetch(name)
  if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`)
  return (await response.json()) as T
}

/** The order of time, and of rooms within it. */
export const byTime = (a: Session, b: Session): number => a.start.localeCompare(b.start) || a.room.localeCompare(b.room)
