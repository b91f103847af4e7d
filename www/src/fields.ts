/** What the documents of an index have beside title and text: what a page may show of a hit, and offer as filters. */

/** Most fields that are offered as filters, values of one, and characters of a value. */
const FIELDS_MAX = 5
const VALUES_MAX = 12
const VALUE_MAX = 40

interface Document {
  fields?: Record<string, unknown>
}

/** The documents of the first file of an index: enough to tell what they are like. */
function firstDocuments(files: ReadonlyMap<string, Uint8Array>): Document[] {
  const first = [...files.keys()].filter((path) => path.startsWith('docs/')).sort()[0] ?? ''
  try {
    return JSON.parse(new TextDecoder().decode(files.get(first)))
  } catch {
    // The search itself says so, with a code, when it comes to show them.
    return []
  }
}

/** Every field that the first documents have, in their order. `files` are those of an index, by their paths. */
export const fieldsOf = (files: ReadonlyMap<string, Uint8Array>): string[] => [
  ...new Set(firstDocuments(files).flatMap(({ fields }) => Object.keys(fields ?? {}))),
]

/** When something begins or ends: it is told beside a hit, and nobody filters by it. */
const MOMENT = /^\d{4}-\d\d-\d\dT/

/** The fields worth filtering by: most of the first documents have one of a few short texts there, which some of them share. */
export function filterFields(files: ReadonlyMap<string, Uint8Array>): string[] {
  const documents = firstDocuments(files)
  const values = new Map<string, string[]>()
  for (const [name, value] of documents.flatMap(({ fields }) => Object.entries(fields ?? {}))) {
    if (typeof value === 'string') values.set(name, [...(values.get(name) ?? []), value])
  }
  const isFilter = ([, texts]: [string, string[]]) => {
    const distinct = new Set(texts).size
    return (
      texts.length * 2 > documents.length &&
      distinct > 1 &&
      distinct <= VALUES_MAX &&
      distinct < texts.length &&
      texts.every((text) => text.length <= VALUE_MAX && !MOMENT.test(text))
    )
  }
  return [...values]
    .filter(isFilter)
    .map(([name]) => name)
    .slice(0, FIELDS_MAX)
}
