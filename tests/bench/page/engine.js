// The worker's side of every engine: the same clock, the same loop and the same way of counting memory for all of them.

import { memoryBytes, watchMemories } from './memories.js'

/**
 * Answers the page. An item is a text with its token ids; an engine takes the one it works on.
 * @param {{
 *   load: (settings: any) => Promise<any>,
 *   encode?: (item: { text: string, ids: number[] }) => Promise<Float32Array>,
 *   batch?: (items: { text: string, ids: number[] }[]) => Promise<unknown>,
 *   tokens?: (text: string) => number,
 *   peak?: () => unknown,
 * }} engine
 */
export function answerWith(engine) {
  watchMemories()
  const methods = {
    load: engine.load,
    encode: engine.encode,
    /** Milliseconds of each item, one after the other. */
    async time(items) {
      const times = []
      for (const item of items) {
        const start = performance.now()
        await engine.encode(item)
        times.push(performance.now() - start)
      }
      return times
    },
    /** Milliseconds of all items together, in one call of the engine. */
    async timeBatch(items) {
      const start = performance.now()
      await engine.batch(items)
      return performance.now() - start
    },
    tokens: engine.tokens,
    peak: engine.peak,
    memory: memoryBytes,
  }
  self.onmessage = async ({ data: { id, method, params } }) => {
    try {
      self.postMessage({ id, result: await methods[method](params) })
    } catch (error) {
      self.postMessage({ id, error: `${method}: ${error?.stack ?? error}` })
    }
  }
}
