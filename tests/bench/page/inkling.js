// This project's encoder, through the glue that its own worker uses. Settings choose the module.
import { answerWith } from './engine.js'

let encoder

answerWith({
  async load({ variant, url }) {
    const glue = await import(`/inkling/wasm/inkling-${variant}.js`)
    await glue.default({ module_or_path: `/inkling/wasm/inkling-${variant}.wasm` })
    encoder = await glue.Encoder.load(url, { cache: false }, () => {})
    return encoder.info()
  },
  encode: ({ text }) => encoder.encode(text),
})
