/** All sessions on a plane, similar ones close together: each a link, reached with the arrow keys. */
import { clock, dayOf } from './card.js'
import { element, tint } from './elements.js'
import { fetchJson, programme, type Session } from './programme.js'
import { innerLink, sessionAddress } from './views.js'

interface Layout {
  places: Record<string, [x: number, y: number]>
}

/** Not by colour alone: each track has a sign, too. */
const SIGNS = ['●', '■', '▲', '◆', '▼', '★', '✚', '✖', '⬟']

/** Where each arrow key leads. */
const ARROWS: Record<string, [x: number, y: number]> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
}

/** The map, filled once. */
export class SessionMap {
  readonly #points = new Map<string, HTMLAnchorElement>()
  #layout: Layout | undefined
  readonly #caption = element(
    'p',
    'caption',
    matchMedia('(hover: none)').matches ? 'Touch a session to open it.' : 'Point at a session, or use the arrow keys.',
  )
  /** Names the session at the pointer, beside it. */
  readonly #label = element('div', 'label')
  readonly #items = new Map<string, HTMLElement>()

  constructor(readonly container: HTMLElement) {}

  /** Draws the map, unless it is drawn. */
  async draw(): Promise<void> {
    if (this.#layout) return
    const [sessions, layout] = await Promise.all([programme(), fetchJson<Layout>('map.json')])
    if (this.#layout) return
    this.#layout = layout
    const tracks = [...new Set([...sessions.values()].map(({ track }) => track))].sort()
    const named = tracks.filter(Boolean)
    const sign = (track: string) => SIGNS[named.indexOf(track) % SIGNS.length] ?? '●'
    const plane = element('div', 'plane')
    plane.setAttribute('role', 'group')
    plane.setAttribute(
      'aria-label',
      `Map of ${sessions.size} sessions: similar ones are close together. Arrow keys lead from one to the next.`,
    )
    for (const session of sessions.values()) plane.append(this.#point(session, sign(session.track)))
    this.#label.setAttribute('aria-hidden', 'true')
    plane.append(this.#label)
    plane.addEventListener('pointerleave', () => this.#label.replaceChildren())
    plane.addEventListener('focusout', () => this.#label.replaceChildren())
    plane.addEventListener('keydown', (event) => this.#step(event))
    const legend = element(
      'ul',
      'legend',
      ...named.map((track) => {
        const glyph = element('span', 'sign', sign(track))
        tint(glyph, track)
        glyph.setAttribute('aria-hidden', 'true')
        return element('li', '', glyph, track)
      }),
    )
    const list = element(
      'details',
      'as-list',
      element('summary', '', 'The same as a list'),
      this.#list(sessions, tracks),
    )
    this.container.replaceChildren(plane, this.#caption, legend, list)
  }

  /** Lights the sessions of an answer, best first; undefined lights all alike. */
  light(ids: readonly string[] | undefined): void {
    this.container.classList.toggle('asked', ids !== undefined)
    for (const [id, point] of this.#points) {
      const rank = ids?.indexOf(id) ?? -1
      point.classList.toggle('lit', rank >= 0)
      point.classList.toggle('best', rank >= 0 && rank < 3)
      const item = this.#items.get(id)
      if (item) item.textContent = rank >= 0 ? ` (answer ${rank + 1})` : ''
    }
    const first = this.#points.get(ids?.[0] ?? '')
    if (first) this.#enter(first)
  }

  #point(session: Session, sign: string): HTMLAnchorElement {
    const { id, title, track, start } = session
    const point = innerLink(sign, sessionAddress(id), 'point')
    const [x, y] = this.#layout?.places[id] ?? [0, 0]
    point.style.left = `${x * 100}%`
    point.style.top = `${y * 100}%`
    point.tabIndex = this.#points.size === 0 ? 0 : -1
    point.dataset.id = id
    tint(point, track)
    const facts = [track, dayOf(session), clock(start)].filter(Boolean).join(', ')
    const about = facts ? `${title} (${facts})` : title
    point.setAttribute('aria-label', about)
    const tell = () => {
      this.#caption.textContent = about
      this.#label.textContent = title
      Object.assign(this.#label.style, { left: `${x * 100}%`, top: `${y * 100}%` })
      // Towards the middle: at the edge it would leave the window.
      this.#label.classList.toggle('leftwards', x > 0.5)
      this.#label.classList.toggle('upwards', y > 0.5)
    }
    point.addEventListener('pointerenter', tell)
    point.addEventListener('focus', tell)
    this.#points.set(id, point)
    return point
  }

  #list(sessions: Map<string, Session>, tracks: string[]): HTMLElement {
    return element(
      'div',
      '',
      ...tracks.flatMap((track) => {
        const items = [...sessions.values()]
          .filter((session) => session.track === track)
          .map(({ id, title }) => {
            const answer = element('span')
            this.#items.set(id, answer)
            return element('li', '', innerLink(title, sessionAddress(id)), answer)
          })
        return [...(track ? [element('h2', '', track)] : []), element('ul', '', ...items)]
      }),
    )
  }

  /** The one point that Tab reaches. */
  #enter(point: HTMLAnchorElement): void {
    for (const other of this.#points.values()) other.tabIndex = other === point ? 0 : -1
  }

  /** Moves the focus to the nearest point in the direction of an arrow key. */
  #step(event: KeyboardEvent): void {
    const direction = ARROWS[event.key]
    const from = event.target instanceof HTMLAnchorElement ? event.target : undefined
    if (!direction || !from || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const middle = (point: Element) => {
      const { left, top, width, height } = point.getBoundingClientRect()
      return [left + width / 2, top + height / 2] as const
    }
    const [x, y] = middle(from)
    let [best, least] = [from, Infinity]
    for (const point of this.#points.values()) {
      const [u, v] = middle(point)
      const ahead = (u - x) * direction[0] + (v - y) * direction[1]
      const aside = Math.abs((u - x) * direction[1]) + Math.abs((v - y) * direction[0])
      // Within 45° to both sides; what lies aside counts double.
      if (ahead > 0 && aside <= ahead && ahead + 2 * aside < least) [best, least] = [point, ahead + 2 * aside]
    }
    this.#enter(best)
    best.focus()
  }
}
