/** The parts of the page that its script fills. */

import { byId } from './elements.js'

export const page = {
  form: byId<HTMLFormElement>('form'),
  query: byId<HTMLInputElement>('query'),
  examples: byId('examples'),
  status: byId('status'),
  note: byId('note'),
  noteText: byId('note-text'),
  progress: byId<HTMLProgressElement>('progress'),
  failure: byId('failure'),
  empty: byId('empty'),
  results: byId('results'),
  search: byId('search'),
  view: byId('view'),
  map: byId('map'),
  panel: byId('panel'),
  more: byId<HTMLButtonElement>('more'),
}
