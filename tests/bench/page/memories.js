// The memories of WebAssembly in this worker.

/** Every memory that was made since they are watched, caught as it is made. @type {Set<WebAssembly.Memory>} */
const memories = new Set()

export function watchMemories() {
  const { instantiate, instantiateStreaming, Memory } = WebAssembly
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, args) {
      const memory = new target(...args)
      memories.add(memory)
      return memory
    },
  })
  const keep = (result) => {
    for (const value of Object.values((result.instance ?? result).exports))
      if (value instanceof Memory) memories.add(value)
    return result
  }
  WebAssembly.instantiate = (...args) => instantiate.apply(WebAssembly, args).then(keep)
  WebAssembly.instantiateStreaming = (...args) => instantiateStreaming.apply(WebAssembly, args).then(keep)
}

/** Their bytes now: they only grow. */
export const memoryBytes = () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
