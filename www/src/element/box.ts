/** A text box with a panel that answers as one types: over a form of the page, or in a dialog. */
import { inNextTask } from '../worker/tasks.js'
import { Combobox } from './combobox.js'
import { focusedBeside, hide, isInside } from './dom.js'
import { addressOfForm, leadsAway } from './form.js'
import { anchorOf, place } from './place.js'
import type { Session } from './session.js'
import { converse, type Owner, type View } from './view.js'

/** One box and its panel, until its signal is aborted. */
export class Box {
  readonly #owner: Owner
  readonly #input: HTMLInputElement
  readonly #container: HTMLElement
  readonly #session: Session
  readonly #view: View
  readonly #combobox: Combobox
  readonly #signal: AbortSignal
  /** Closes the dialog that the box is in. */
  readonly #leave: (() => void) | undefined
  /** Whether the visitor is at the box: nothing opens for whoever has left it. */
  #wanted = false
  /** Whether Enter was pressed before its answer had come. */
  #entered = false

  constructor(owner: Owner, input: HTMLInputElement, container: HTMLElement, signal: AbortSignal, leave?: () => void) {
    this.#owner = owner
    this.#input = input
    this.#container = container
    this.#signal = signal
    this.#leave = leave
    const { session, view } = converse(owner, () => this.#render(), {
      options: (options, label) => {
        // What Enter opens in a dialog is to be seen.
        this.#combobox.show(options, leave !== undefined && this.#isCurrent)
        // Read out of an option is the title and what is known of it; the passage is for the eye.
        for (const passage of this.#view.list.querySelectorAll('.inkling-passage')) passage.ariaHidden = 'true'
        this.#view.list.ariaLabel = label
      },
      chosen: () => this.#close(),
      ask: (text) => this.ask(text),
      address: () =>
        leadsAway(input.form) ? addressOfForm(input.form, this.#session.state.question.filters) : undefined,
      focus: () => this.#input.focus(),
    })
    this.#session = session
    this.#view = view
    const { root, list, status } = view
    root.hidden = leave === undefined
    // A click anywhere in here leaves the focus in the box.
    root.addEventListener('mousedown', (event) => event.preventDefault())
    container.append(root, status)
    const events = {
      open: () => this.#open(),
      close: () => this.#close(),
      moved: () => this.#session.read(),
      isCurrent: () => this.#isCurrent,
    }
    this.#combobox = new Combobox(input, list, events, signal)
    this.#combobox.show([])
    this.#listen()
    signal.addEventListener('abort', () => {
      this.#session.cancel()
      this.#view.hush()
      root.remove()
      status.remove()
    })
    if (focusedBeside(input) === input) this.#onFocus(signal)
  }

  /** Takes in what has changed about the search. */
  update(): void {
    this.#session.refresh()
  }

  /** Brings the visitor to the box. */
  open(): void {
    if (focusedBeside(this.#input) === this.#input && this.#input.value !== this.#session.state.question.text) return
    this.#input.focus()
    this.#input.select()
  }

  /** Asks a question as if it had been typed. */
  ask(text: string): void {
    this.#input.value = text
    this.#input.focus()
    this.#wanted = true
    this.#session.ask({ text })
  }

  #listen(): void {
    const signal = this.#signal
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) =>
      target.addEventListener(type, listener, { signal })
    on(this.#input, 'focus', () => this.#onFocus(signal))
    on(this.#input, 'click', () => this.#open())
    on(this.#input, 'input', () => {
      this.#wanted = true
      this.#entered = false
      this.#view.hush()
      this.#session.type(this.#input.value)
    })
    on(this.#input, 'keydown', (event) => this.#onEnter(event as KeyboardEvent))
    if (this.#input.form) on(this.#input.form, 'submit', (event) => this.#onSubmit(event))
    on(this.#view.root, 'scroll', () => this.#session.read())
    on(this.#container, 'focusout', (event) => {
      const next = (event as FocusEvent).relatedTarget as Node | null
      // What is redrawn loses the focus for a moment.
      if (!this.#container.contains(next) && next !== null) this.#hide()
    })
    on(this.#view.root, 'keydown', (event) => this.#onEscape(event as KeyboardEvent))
    // A touch or a click elsewhere may leave the focus where it was.
    on(document, 'pointerdown', (event) => {
      if (!isInside(event, this.#container)) this.#hide()
    })
    on(window, 'resize', () => this.#place())
  }

  /** Each in a task of its own: the key that brought the focus here is not held up by them. */
  #onFocus(signal: AbortSignal): void {
    inNextTask(() => this.#open(), signal)
    inNextTask(() => void this.#owner.engine.load().catch(() => {}), signal)
  }

  /** A box without a form has nobody else to send what is in it. */
  #onEnter(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.defaultPrevented || event.isComposing || this.#input.form) return
    this.#onSubmit(event)
  }

  /**
   * Enter with nothing marked: a dialog opens the best hit; a form leads where it leads; and where there is no page of all results they
   * are shown here.
   */
  #onSubmit(event: Event): void {
    this.#owner.recent?.add(this.#input.value)
    if (!this.#leave && leadsAway(this.#input.form)) return
    event.preventDefault()
    this.#entered = this.#input.value.trim() !== ''
    if (this.#isCurrent) this.#enter()
    // Whoever types fast need not wait for the answer.
    else if (this.#entered) this.#session.ask({ text: this.#input.value })
  }

  #enter(): void {
    this.#entered = false
    const { shown } = this.#session.state
    if (this.#leave) this.#combobox.options[0]?.click()
    else if (shown && shown.result.found > shown.result.hits.length) this.#session.more()
  }

  /** Whether what is shown answers what is in the box. */
  get #isCurrent(): boolean {
    const { phase, shown } = this.#session.state
    return phase === 'answered' && shown?.question.text === this.#input.value
  }

  #onEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#close()) return
    event.preventDefault()
    this.#input.focus()
  }

  #render(): void {
    void this.#owner.translated.then(() => {
      if (this.#signal.aborted) return
      this.#view.render()
      if (this.#view.isEmpty || !this.#wanted) hide(this.#view.root, this.#leave === undefined)
      else this.#reveal()
      this.#combobox.expanded = this.#wanted && !this.#view.root.hidden
      if (this.#entered && this.#isCurrent) this.#enter()
    })
  }

  #open(): boolean {
    this.#wanted = true
    const { question, phase } = this.#session.state
    const text = this.#input.value
    const current = question.text === text && phase !== 'failed' && (phase !== 'idle' || text.trim() === '')
    if (!current) this.#session.ask({ text })
    else if (this.#view.isEmpty) this.#render()
    else {
      this.#reveal()
      this.#combobox.expanded = true
    }
    return current
  }

  #reveal(): void {
    if (!this.#view.root.hidden) return
    this.#view.root.hidden = false
    this.#place()
  }

  #place(): void {
    if (!this.#leave && !this.#view.root.hidden) place(this.#view.root, anchorOf(this.#input), this.#owner.atEnd)
  }

  #hide(): void {
    this.#wanted = this.#entered = false
    hide(this.#view.root, this.#leave === undefined)
    this.#combobox.expanded = false
  }

  /** Goes one step back: out of a text that is read in place, then out of the panel or dialog. */
  #close(): boolean {
    if (this.#session.state.reading) {
      this.#session.back()
      return true
    }
    if (this.#leave) this.#leave()
    else if (this.#view.root.hidden) return false
    // An answer that is still on its way must not open the panel again.
    this.#session.cancel()
    this.#hide()
    return true
  }
}
