// transformers.js with ONNX Runtime's CPU backend on one thread, everything from this server.
import { env, pipeline } from '@huggingface/transformers'
import { answerWith } from './engine.js'

const OPTIONS = { pooling: 'mean', normalize: true }
let extract

answerWith({
  async load({ dtype, wasm, device = 'wasm' }) {
    env.allowRemoteModels = false
    env.allowLocalModels = true
    env.localModelPath = '/models/'
    env.backends.onnx.wasm.wasmPaths = wasm
    env.backends.onnx.wasm.numThreads = 1
    extract = await pipeline('feature-extraction', 'minilm', { device, dtype })
    return { version: env.version, kernel: dtype }
  },
  encode: async ({ text }) => (await extract(text, OPTIONS)).data,
  batch: (items) =>
    extract(
      items.map(({ text }) => text),
      OPTIONS,
    ),
  tokens: (text) => extract.tokenizer(text).input_ids.size,
})
