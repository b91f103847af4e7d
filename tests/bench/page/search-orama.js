// Orama's full text search over an index made beforehand, with its English stemmer, its English stop words left out, and the
// title counted twice.

import { create, load, search } from '@orama/orama'
import { stopwords } from '@orama/stopwords/english'

export async function open(base) {
  const schema = { id: 'string', title: 'string', text: 'string' }
  const orama = create({
    schema,
    components: { tokenizer: { language: 'english', stemming: true, stopWords: stopwords } },
  })
  load(orama, await (await fetch(`${base}orama.json`)).json())
  return async (text) => {
    const start = performance.now()
    const { hits } = await search(orama, { term: text, properties: ['title', 'text'], boost: { title: 2 }, limit: 10 })
    return { milliseconds: performance.now() - start, ids: hits.map(({ document }) => document.id) }
  }
}
