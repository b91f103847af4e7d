/** What quotes and `-` ask for, read as the crate's `query.rs` reads them, of an engine that knows of neither. */
import type { RemoteHit } from './remote.js'

/** What is excluded, with or without quotes, and what stands in quotes. */
const SIGN = /(^|\s)-(?:["“”„«»]([^"“”„«»]*)["“”„«»]|([\p{L}\p{N}.#@]\S*))|["“”„«»]([^"“”„«»]*)["“”„«»]/gu

/** Letters of scripts that put no spaces between words. */
const UNSPACED = /[\u0E00-\u0EFF\u1780-\u17FF\u3040-\u9FFF]/

/** A query taken apart. */
export interface Operators {
  /** What is encoded: the text without what is excluded, and without signs. */
  readonly wanted: string
  /** Whether a document of these texts is let through. */
  readonly allows: (texts: unknown[]) => boolean
}

/** Reads the operators of a query. */
export function operators(text: string): Operators {
  const asked: [words: string, excluded: boolean][] = []
  const wanted = text.replace(SIGN, (_, space, phrase, word, quoted = '') => {
    const excluded = space !== undefined
    asked.push([plain(excluded ? (phrase ?? word) : quoted), excluded])
    return excluded ? ' ' : quoted
  })
  return {
    wanted: wanted.replace(/["“”„«»]/g, ' '),
    allows: (texts) => {
      const all = plain(texts.join('\n'))
      return asked.every(
        ([words, excluded]) => !words.trim() || all.includes(UNSPACED.test(words) ? words.trim() : words) !== excluded,
      )
    },
  }
}

/** The passages of documents that the operators let through, as far as what was returned of a document tells. */
export function allowed<Fields>(passages: RemoteHit<Fields>[], { allows }: Operators): RemoteHit<Fields>[] {
  const texts = new Map<string, unknown[]>()
  for (const { id, title, fields, passage } of passages)
    texts.set(id, [...(texts.get(id) ?? [title, ...Object.values(fields ?? {})]), passage.text])
  return passages.filter(({ id }) => allows(texts.get(id) ?? []))
}

/** The words of a text in lower case without accents, a space before and behind each. */
function plain(text: string): string {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return ` ${folded.match(/[\p{L}\p{N}]+/gu)?.join(' ') ?? ''} `
}
