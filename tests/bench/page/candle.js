// candle's f32 BERT. It is given token ids: its time has no tokenizer in it.
import { answerWith } from './engine.js'

let model

answerWith({
  async load({ url }) {
    const glue = await import('/candle/candle.js')
    await glue.default({ module_or_path: '/candle/candle.wasm' })
    const config = await (await fetch(`${url}config.json`)).text()
    const weights = await (await fetch(`${url}model.safetensors`)).arrayBuffer()
    model = glue.Candle.load(config, new Uint8Array(weights))
    return { kernel: 'f32' }
  },
  encode: async ({ ids }) => model.encode(Uint32Array.from(ids)),
})
