/** The search as a dialog over the page, with a form of its own that goes where the page's form goes. */

import { inNextTask } from '../worker/tasks.js'
import type { Box } from './box.js'
import { setAttributes } from './combobox.js'
import { button, make } from './dom.js'
import type { Owner } from './view.js'

interface Open {
  dialog: HTMLDialogElement
  input: HTMLInputElement
  box?: Box
  /** Takes the dialog away, once. */
  end: () => void
}

/** Opens a dialog from the page's own box, until its signal is aborted. */
export class Modal {
  readonly #owner: Owner
  readonly #element: HTMLElement
  readonly #input: HTMLInputElement
  readonly #Box: typeof Box
  #open: Open | undefined

  /** `box` is given, and not imported: this file holds none of the element's others. */
  constructor(owner: Owner, element: HTMLElement, input: HTMLInputElement, signal: AbortSignal, box: typeof Box) {
    this.#owner = owner
    this.#element = element
    this.#input = input
    this.#Box = box
    const restore = setAttributes(input, { 'aria-haspopup': 'dialog', autocomplete: 'off' })
    // Not at focus: whoever only passes through with the keyboard must be let through.
    for (const type of ['click', 'input']) input.addEventListener(type, () => this.open(), { signal })
    input.addEventListener('focus', () => void owner.engine.load().catch(() => {}), { signal })
    signal.addEventListener('abort', () => {
      restore()
      this.#open?.dialog.close()
    })
  }

  /** Shows the dialog. */
  open(): void {
    this.#endClosed()
    if (this.#open) return
    const { search: name, close } = this.#owner.wording.messages
    const dialog = make('dialog', 'dialog')
    const [form, input] = this.#copyForm()
    const leave = () => dialog.close()
    dialog.ariaLabel = name
    dialog.append(make('div', 'head', form, button('close', close, leave)))
    this.#element.append(dialog)
    const gone = new AbortController()
    const release = holdStill()
    fitInSight(dialog, gone.signal)
    dialog.addEventListener('click', (event) => event.target === dialog && leave())
    const end = () => {
      if (gone.signal.aborted) return
      gone.abort()
      release()
      this.#open = undefined
      this.#input.value = input.value
      dialog.remove()
    }
    dialog.addEventListener('close', end)
    dialog.showModal()
    input.focus()
    const open: Open = (this.#open = { dialog, input, end })
    // In a task of its own, so that the key or click that opens the dialog is not held up. What is typed meanwhile it finds.
    inNextTask(() => (open.box = new this.#Box(this.#owner, input, dialog, gone.signal, leave)), gone.signal)
  }

  /** Asks a question as if it had been typed. */
  ask(text: string): void {
    this.#endClosed()
    this.#input.value = text
    if (!this.#open) return this.open()
    const { box, input } = this.#open
    if (box) box.ask(text)
    else input.value = text
  }

  /** A dialog says some time after it was closed that it was: whoever asks in between wants a new one. */
  #endClosed(): void {
    if (this.#open?.dialog.open === false) this.#open.end()
  }

  /** Takes in what has changed about the search. */
  update(): void {
    this.#open?.box?.update()
  }

  /** The page's form with its box and what it sends unseen, but without ids, which must stay unique. */
  #copyForm(): [HTMLElement, HTMLInputElement] {
    const original = this.#input.form
    const copy = (original?.cloneNode(false) ?? make('div', '')) as HTMLElement
    const input = this.#input.cloneNode(false) as HTMLInputElement
    const label =
      this.#input.ariaLabel || this.#input.labels?.[0]?.textContent?.trim() || this.#owner.wording.messages.search
    for (const element of [copy, input]) element.removeAttribute('id')
    copy.className = 'inkling-form'
    input.className = 'inkling-input'
    input.ariaLabel = label
    input.removeAttribute('aria-haspopup')
    input.value = this.#input.value
    const unseen = [...(original?.querySelectorAll('input[type=hidden]') ?? [])].map((hidden) => hidden.cloneNode())
    copy.append(input, ...unseen)
    return [copy, input]
  }
}

/** Keeps a dialog above the keyboard of a phone, which covers the page without making its window any lower. */
function fitInSight(dialog: HTMLElement, signal: AbortSignal): void {
  const { visualViewport: seen } = window
  const fit = () => seen && dialog.style.setProperty('--inkling-seen', `${seen.height * seen.scale}px`)
  fit()
  seen?.addEventListener('resize', fit, { signal })
}

/** Keeps the page behind from scrolling, and its content where it is, until the returned function is called. */
function holdStill(): () => void {
  const { documentElement: page } = document
  const { overflow, scrollbarGutter } = page.style
  const hasBar = window.innerWidth > page.clientWidth
  page.style.overflow = 'hidden'
  if (hasBar) page.style.scrollbarGutter = 'stable'
  return () => Object.assign(page.style, { overflow, scrollbarGutter })
}
