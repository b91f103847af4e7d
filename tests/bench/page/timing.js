// The page's half of the timing: one worker for each engine, and turns taken between them.

/** Calls a worker's methods. */
class Engine {
  #worker
  #waiting = new Map()
  #next = 1

  constructor(script) {
    this.#worker = new Worker(script, { type: 'module' })
    this.#worker.onerror = (event) => this.#fail(`${script}: ${event.message ?? 'cannot start'}`)
    this.#worker.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error) reject(new Error(`${script}: ${error}`))
      else resolve(result)
    }
  }

  call(method, params) {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, method, params })
    })
  }

  #fail(message) {
    for (const { reject } of this.#waiting.values()) reject(new Error(message))
  }
}

/** @type {Map<string, Engine>} */
const engines = new Map()

const clocked = async (work) => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** What the runner calls, in `page.evaluate`. */
globalThis.bench = {
  /** Starts an engine in a worker of its own and returns what it says of itself. */
  async load(name, script, settings) {
    engines.set(name, new Engine(script))
    return engines.get(name).call('load', settings)
  },

  call: (name, method, params) => engines.get(name).call(method, params),

  /** The vectors of items as plain arrays. */
  async vectors(name, items) {
    const vectors = []
    for (const item of items) vectors.push([...(await engines.get(name).call('encode', item))])
    return vectors
  },

  /** One turn of each engine, in the order given: milliseconds of each item. */
  async turns(names, items) {
    const times = {}
    for (const name of names) times[name] = await engines.get(name).call('time', items)
    return times
  },

  /** All items through some workers, a share each, as the page waits for them: milliseconds. */
  bulk(names, items) {
    const shares = names.map((_, share) => items.filter((_, i) => i % names.length === share))
    return clocked(() => Promise.all(names.map((name, share) => engines.get(name).call('time', shares[share]))))
  },

  /** All items in one call of the engine: milliseconds. */
  bulkBatch: (name, items) => clocked(() => engines.get(name).call('timeBatch', items)),

  /** All items through the package as a site uses it: milliseconds. */
  async bulkPackage(texts, options) {
    if (!globalThis.packageEncoder) {
      const { Encoder } = await import('/inkling/encoder.js')
      globalThis.packageEncoder = await Encoder.load({ url: '/model/' })
    }
    return clocked(() => globalThis.packageEncoder.encode(texts, options))
  },
}
