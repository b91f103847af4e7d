// This project's encoder, as its own worker loads it. Settings choose the module, and with one for the GPU the backend.
import { ModelEncoder } from '../../../www/src/worker/model.ts'
import { answerWith } from './engine.js'

let encoder

answerWith({
  async load({ variant, url, backend }) {
    const glue = await import(`/inkling/wasm/inkling-${variant}.js`)
    await glue.default({ module_or_path: `/inkling/wasm/inkling-${variant}.wasm` })
    encoder = await ModelEncoder.load(url, { cache: false, backend }, glue, () => {})
    await encoder.accelerate()
    return { ...encoder.info(), ...encoder.choice() }
  },
  encode: ({ text }) => encoder.encodeHere(text),
  batch: (items) => encoder.encodeMany(items.map(({ text }) => text)),
})
