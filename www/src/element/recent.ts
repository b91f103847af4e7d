/** The searches a visitor made before, kept in this browser and sent nowhere. */

/** How many are kept. */
const RECENT_MAX = 5

/** Recent searches of one index. Where storage is forbidden there are none. */
export class Recent {
  readonly #key: string

  constructor(src: string) {
    this.#key = `inkling-recent:${src}`
  }

  list(): string[] {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.#key) ?? '[]')
      return Array.isArray(kept) ? kept.filter((entry) => typeof entry === 'string').slice(0, RECENT_MAX) : []
    } catch {
      return []
    }
  }

  /** Puts a search first. */
  add(text: string): void {
    const wanted = text.trim().slice(0, 200)
    if (!wanted) return
    this.#keep([wanted, ...this.list().filter((entry) => entry !== wanted)].slice(0, RECENT_MAX))
  }

  forget(): void {
    this.#keep([])
  }

  #keep(list: string[]): void {
    try {
      if (list.length > 0) localStorage.setItem(this.#key, JSON.stringify(list))
      else localStorage.removeItem(this.#key)
    } catch {
      // Full or forbidden: the search works without.
    }
  }
}
