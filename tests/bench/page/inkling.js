// This project's encoder, through the glue that its own worker uses. Settings choose the module, and with one for the GPU the backend.
import { answerWith } from './engine.js'

let encoder

answerWith({
  async load({ variant, url, backend }) {
    const glue = await import(`/inkling/wasm/inkling-${variant}.js`)
    await glue.default({ module_or_path: `/inkling/wasm/inkling-${variant}.wasm` })
    encoder = await glue.Encoder.load(url, { cache: false, backend }, () => {})
    await encoder.accelerate?.()
    return { ...encoder.info(), ...encoder.choice?.() }
  },
  encode: ({ text }) => encoder.encode(text),
  batch: (items) => encoder.encodeMany(items.map(({ text }) => text)),
})
