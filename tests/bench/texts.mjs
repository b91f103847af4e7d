// The texts of the timing: pieces of the demo's corpus, cut to exact numbers of tokens.

import fs from 'node:fs'
import path from 'node:path'
import { at } from '../../scripts/lib.mjs'
import { modules, onnxModel } from './setup.mjs'

/** Numbers of tokens, special tokens included. */
export const LENGTHS = [6, 16, 32, 64, 128, 256]

/** Texts of each length: several, so that no engine can profit from having seen the very same one just before. */
const TEXTS_PER_LENGTH = 8
const BULK_PASSAGES = 64

/** @typedef {{ text: string, ids: number[] }} Item a text and its token ids */

/**
 * Texts of each length, and the passages of the bulk, which are 96 to 160 tokens long, 128 in the mean.
 * @returns {Promise<{ lengths: Record<number, Item[]>, bulk: Item[] }>}
 */
export async function makeTexts() {
  const idsOf = await tokenizer()
  /** @type {{ title: string, abstract: string }[]} */
  const sessions = JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', 'sessions.json'), 'utf8'))
  const words = sessions.flatMap(({ title, abstract }) => `${title}. ${abstract}`.split(/\s+/))
  /** @param {number} tokens @param {number} number */
  const item = (tokens, number) => cut(idsOf, words, tokens, (number * 997) % words.length)
  /** @type {Record<number, Item[]>} */
  const lengths = {}
  for (const tokens of LENGTHS)
    lengths[tokens] = Array.from({ length: TEXTS_PER_LENGTH }, (_, i) => item(tokens, i + tokens))
  const bulk = Array.from({ length: BULK_PASSAGES }, (_, i) => item(96 + ((i * 37) % 65), i + 1))
  return { lengths, bulk }
}

/** @returns {Promise<(text: string) => number[]>} */
async function tokenizer() {
  const file = path.join(modules, '@huggingface', 'tokenizers', 'dist', 'tokenizers.mjs')
  const { Tokenizer } = await import(file)
  /** @param {string} name */
  const read = (name) => JSON.parse(fs.readFileSync(path.join(onnxModel, name), 'utf8'))
  const loaded = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'))
  return (text) => loaded.encode(text).ids
}

/**
 * The words from a place on, until there are exactly so many tokens. A word that would be too long is left out.
 * @param {(text: string) => number[]} idsOf
 * @param {string[]} words
 * @param {number} tokens
 * @param {number} start
 * @returns {Item}
 */
function cut(idsOf, words, tokens, start) {
  let text = ''
  let ids = idsOf(text)
  for (let i = 0; ids.length < tokens && i < words.length; i++) {
    const longer = `${text} ${words[(start + i) % words.length]}`.trim()
    const longerIds = idsOf(longer)
    if (longerIds.length <= tokens) [text, ids] = [longer, longerIds]
  }
  if (ids.length !== tokens) throw new Error(`no text of ${tokens} tokens was found`)
  return { text, ids }
}
