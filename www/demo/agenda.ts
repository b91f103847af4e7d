/** The sessions that the visitor wants to attend. They are kept on this device only. */
import type { Session } from './programme.js'

/** More than any summit has: what is stored may be damaged, or of another page. */
const MOST = 1000

/** A list of ids that outlives the page where the browser allows it. */
export class Agenda {
  #ids: readonly string[] = []
  /** False once the browser has refused to store the agenda: it then lasts as long as the page. */
  kept = true

  /** It is kept under a key; `onChange` is called after every change, those made in other tabs included. */
  constructor(
    readonly key: string,
    readonly onChange: () => void,
  ) {
    this.#read()
    addEventListener('storage', ({ key }) => {
      if (key !== this.key && key !== null) return
      this.#read()
      onChange()
    })
  }

  get ids(): readonly string[] {
    return this.#ids
  }

  set ids(ids: readonly string[]) {
    this.#ids = ids
    try {
      localStorage.setItem(this.key, JSON.stringify(ids))
      this.kept = true
    } catch {
      // No room, or a private window.
      this.kept = false
    }
    this.onChange()
  }

  has(id: string): boolean {
    return this.#ids.includes(id)
  }

  /** Adds a session, or takes it out. */
  toggle(id: string): void {
    this.ids = this.has(id) ? this.#ids.filter((other) => other !== id) : [...this.#ids, id]
  }

  #read(): void {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(this.key) ?? '[]')
      const ids = Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []
      this.#ids = [...new Set(ids)].slice(0, MOST)
    } catch {
      this.#ids = []
    }
  }
}

/** Sessions in order of time, those together that overlap one after the other. */
export function overlaps(sessions: readonly Session[]): Session[][] {
  const groups: Session[][] = []
  let end = ''
  for (const session of sessions.toSorted((a, b) => a.start.localeCompare(b.start))) {
    if (session.start < end) groups.at(-1)?.push(session)
    else groups.push([session])
    if (session.end > end) end = session.end
  }
  return groups
}

/** The sessions of a list that take place at the same time as a session. */
export function clashes(session: Session, others: readonly Session[]): Session[] {
  return others.filter(({ id, start, end }) => id !== session.id && start < session.end && session.start < end)
}
