// A page as a user of the package writes it: it searches an index, and builds one.
import { createSearch } from 'inkling-search'
import { buildIndex, zipFiles } from 'inkling-search/build'

const output = document.querySelector('output')
try {
  const url = new URL('search/', document.baseURI)
  const search = await createSearch({ url })
  const words = await search.query('doctors', { limit: 1, mode: 'lexical' })
  await search.modelReady
  const found = await search.query('best people', { limit: 1 })

  const documents = [
    { id: 'x', title: 'Health data', text: 'How patients and doctors use data.' },
    { id: 'y', title: 'Teams', text: 'How to keep the best people.' },
  ]
  const stages = new Set()
  const built = await buildIndex(documents, {
    model: new URL('model/', url),
    passageTokens: 40,
    overlap: 8,
    onProgress: ({ stage }) => stages.add(stage),
  })
  const second = await createSearch({ files: new Map(built.files.map(({ path, bytes }) => [path, bytes])) })
  await second.modelReady
  const again = await second.query('best people', { limit: 1 })
  const zip = await zipFiles(built.files)
  output.textContent = JSON.stringify({
    words: words.hits[0].id,
    found: found.hits[0].id,
    mode: found.mode,
    // On processors without VNNI the same module takes its other dot, from pairs.
    kernel: search.info.kernel.replace(/-pairs$/, ''),
    built: again.hits[0].id,
    builtMode: again.mode,
    builtPaths: built.files.map((file) => file.path),
    stages: [...stages],
    zip: zip.size > built.files.reduce((sum, file) => sum + file.bytes.length, 0),
  })
} catch (error) {
  console.error(`${error.code}: ${error.message} ${error.cause ?? ''}`)
}
