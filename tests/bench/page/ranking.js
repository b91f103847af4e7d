// The page's half of the ranking benchmark.

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const spanOf = (times) => ({ median: median(times), best: Math.min(...times) })

/** The search that is being compared. */
let search

globalThis.ranking = {
  /** Opens a search and has it answer once: what was fetched by then is what a first result takes. Gives the milliseconds of it. */
  async open(script, base, name, text) {
    const start = performance.now()
    const { open } = await import(script)
    search = await open(base, name)
    await search(text)
    return performance.now() - start
  },

  /** Asks one thing more. */
  next: (text) => search(text),

  /** Has the worker of the package tell its memory, and fetch nothing unasked. */
  watch() {
    globalThis.Worker = class extends Worker {
      constructor(_url, options) {
        super('/page/watched.js', options)
      }
    }
  },

  /** The bytes of WebAssembly's memory in a worker that is watched. */
  memory() {
    const channel = new BroadcastChannel('inkling-bench')
    const told = new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(data)
    })
    channel.postMessage('memory')
    return told.finally(() => channel.close())
  },

  /** Ids of the first ten and the time of each query, the second time that it is asked. */
  async ask(texts) {
    const answers = []
    for (const text of texts) {
      await search(text)
      answers.push(await search(text))
    }
    return answers
  },

  /** Times of words and scans in a made index. */
  async time(base, kinds, rounds) {
    const { createSearch } = await import('/inkling/index.js')
    const start = performance.now()
    const made = await createSearch({ url: base, cache: false })
    const open = performance.now() - start
    await made.modelReady
    const words = {}
    for (const [kind, queries] of kinds) {
      const medians = []
      for (const text of queries) {
        const times = []
        for (let round = 0; round <= rounds; round++) {
          const { timings } = await made.query(text, { mode: 'lexical', limit: 10 })
          // The first round warms up.
          if (round > 0) times.push(timings.words + timings.rank)
        }
        medians.push(median(times))
      }
      words[kind] = { median: median(medians), most: Math.max(...medians) }
    }
    const source = new Uint8Array(made.info.passages * made.info.dim).fill(1)
    const target = new Uint8Array(source.length)
    const [scans, copies] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      const { timings } = await made.query('a question of some words', { mode: 'semantic', limit: 10, minScore: 0 })
      const before = performance.now()
      target.set(source)
      if (round > 0) {
        copies.push(performance.now() - before)
        scans.push(timings.scan)
      }
    }
    made.dispose()
    return { open, words, scan: spanOf(scans), copy: spanOf(copies) }
  },
}
