/** The parts of the page that its script fills. */

/** The element of an id. */
export function byId<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element #${id}`)
  return found as E
}

export const page = {
  form: byId<HTMLFormElement>('form'),
  query: byId<HTMLInputElement>('query'),
  examples: byId('examples'),
  status: byId('status'),
  note: byId('note'),
  noteText: byId('note-text'),
  progress: byId<HTMLProgressElement>('progress'),
  failure: byId('failure'),
  source: byId('source'),
  empty: byId('empty'),
  results: byId('results'),
  more: byId<HTMLButtonElement>('more'),
}
