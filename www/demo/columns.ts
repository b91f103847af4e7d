/** Which column of a file is what, asked of the visitor where no column has a usual name for a title. */
import type { BuildSettings } from 'inkling-search/build'
import { element } from './elements.js'

/** What is asked, by the name of the setting: the title there must be. */
const ASKED = { title: 'Title', text: 'Text', people: 'Speakers' } as const

const LISTED = /; the records have (.*)$/s

/** The columns that an error `missing-column` lists. */
function columnsIn(message: string): string[] {
  const quoted = (LISTED.exec(message)?.[1] ?? '').match(/"(?:[^"\\]|\\.)*"/g) ?? []
  return quoted.flatMap((text) => {
    try {
      return [JSON.parse(text) as string]
    } catch {
      // A name with characters that nobody sees.
      return []
    }
  })
}

/** Asks in a form, where there is something to choose, and reads the file once more as the visitor says; false where there is nothing. */
export function askForColumns(
  form: HTMLFormElement,
  message: string,
  read: (settings: BuildSettings) => void,
): boolean {
  const columns = columnsIn(message)
  form.hidden = columns.length === 0
  if (form.hidden) return false
  const fields = Object.entries(ASKED).map(([name, label]) => {
    const select = element('select', '', ...columns.map((column) => element('option', '', column)))
    select.name = name
    if (name !== 'title') select.prepend(Object.assign(element('option', '', 'None'), { value: '', selected: true }))
    return element('label', '', label, select)
  })
  const button = element('button', 'button', 'Read the file')
  form.replaceChildren(element('h2', '', 'Which column is which?'), ...fields, button)
  form.onsubmit = (event) => {
    event.preventDefault()
    form.hidden = true
    const chosen = [...new FormData(form)].filter(([, column]) => column !== '')
    read(Object.fromEntries(chosen) as BuildSettings)
  }
  return true
}
