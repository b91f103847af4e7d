// What is compared: each engine's worker script and settings, and the names it goes by.

/** transformers.js with the CPU half of ONNX Runtime alone, compiled while it arrives. */
const TUNED = { script: '/page/transformers-tuned.js', wasm: { wasm: '/ort/ort-wasm-simd-threaded.wasm' } }

/** transformers.js as it comes: the ONNX Runtime that also knows WebGPU, and its own cache for it. */
const PUBLISHED = {
  script: '/page/transformers-published.js',
  wasm: { mjs: '/ort/ort-wasm-simd-threaded.asyncify.mjs', wasm: '/ort/ort-wasm-simd-threaded.asyncify.wasm' },
}

/** @typedef {{ label: string, script: string, settings: Record<string, unknown> }} EngineSpec */

/** The engines of the timing, in the order of the tables. @type {Record<string, EngineSpec>} */
export const ENGINES = {
  inkling: { label: 'Inkling', script: '/page/inkling.js', settings: { variant: 'encoder-relaxed', url: '/model/' } },
  baseline: {
    label: 'Inkling, baseline module',
    script: '/page/inkling.js',
    settings: { variant: 'encoder-simd128', url: '/model/' },
  },
  q8: { label: 'transformers.js q8', script: TUNED.script, settings: { dtype: 'q8', wasm: TUNED.wasm } },
  q8Published: {
    label: 'transformers.js q8, as published',
    script: PUBLISHED.script,
    settings: { dtype: 'q8', wasm: PUBLISHED.wasm },
  },
  fp32: { label: 'transformers.js fp32', script: TUNED.script, settings: { dtype: 'fp32', wasm: TUNED.wasm } },
  candle: { label: 'candle f32', script: '/page/candle.js', settings: { url: '/original/' } },
}

/** The engines on WebGPU. transformers.js has no int8 kernels there, so it gets the f32 weights. @type {Record<string, EngineSpec>} */
export const GPU_ENGINES = {
  inklingGpu: {
    label: 'Inkling, WebGPU',
    script: '/page/inkling.js',
    settings: { variant: 'gpu-simd128', url: '/model/', backend: 'webgpu' },
  },
  transformersGpu: {
    label: 'transformers.js fp32, WebGPU',
    script: PUBLISHED.script,
    settings: { dtype: 'fp32', device: 'webgpu', wasm: PUBLISHED.wasm },
  },
}

/** The engine that all others are compared with. */
export const RIVAL = 'q8'

/** Addresses of the pages that measure a cold start, by engine. */
export const COLD_PAGES = {
  inkling: '/page/cold-inkling.html',
  q8: coldTransformers('q8'),
  q8Published: coldTransformers('q8Published'),
}

/** @param {string} name */
function coldTransformers(name) {
  const { script, settings } = /** @type {EngineSpec} */ (ENGINES[name])
  return `/page/cold-transformers.html#${encodeURIComponent(JSON.stringify({ script, load: settings }))}`
}

/** The name of an engine as people read it. @param {string} name */
export const labelOf = (name) => ENGINES[name]?.label ?? GPU_ENGINES[name]?.label ?? name
