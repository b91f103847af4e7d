/** What quotes and `-` ask for, read as the crate's `query.rs` reads them, of an engine that knows of neither. */
import type { RemoteHit } from './remote.js'

/** What is excluded, with or without quotes, and what stands in quotes. */
const SIGN = /(^|\s)-(?:["“”„«»](.*?)["“”„«»]|([\p{L}\p{N}.#@]\S*))|["“”„«»](.*?)["“”„«»]/gsu

/** A query taken apart: what is encoded, which is the text without what is excluded, and what a document must have, or must not. */
export interface Operators {
  readonly wanted: string
  readonly asked: readonly (readonly [words: string, excluded: boolean])[]
}

/** Reads the operators of a query. */
export function operators(query: string): Operators {
  const asked: [string, boolean][] = []
  const wanted = query.replace(SIGN, (_, space, phrase, word, quoted = '') => {
    const excluded = space !== undefined
    const words = plain(excluded ? (phrase ?? word) : quoted).trim()
    // Scripts without capitals put no spaces between words, or write some of them together.
    if (words) asked.push([/\p{Lo}/u.test(words) ? words : ` ${words} `, excluded])
    return ` ${quoted}`
  })
  return { wanted: wanted.replace(/["“”„«»]/g, ' '), asked }
}

/** The passages of documents that the operators let through, as far as what was returned of a document tells. */
export function allowed<Fields>(passages: RemoteHit<Fields>[], { asked }: Operators): RemoteHit<Fields>[] {
  const texts = new Map<string, string[]>()
  for (const { id, title, fields, passage } of passages) {
    const values = texts.has(id) ? [] : [title, ...Object.values(fields ?? {}).flat()]
    texts.set(id, [...(texts.get(id) ?? []), ...[...values, passage.text].map((text) => plain(String(text)))])
  }
  const isAllowed = (own: string[]) =>
    asked.every(([words, excluded]) => own.some((text) => text.includes(words)) !== excluded)
  return passages.filter(({ id }) => isAllowed(texts.get(id) ?? []))
}

/** The words of a text in lower case without accents, spaces before and behind each. */
function plain(text: string): string {
  const folded = text.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '')
  return ` ${folded.replace(/[^\p{L}\p{N}]+/gu, ' ')} `
}
