/** The wasm modules of a page that is one file: they are inside the worker's script, as esbuild's `binary` loader puts them. */
import { InklingError } from '../src/errors.js'
import type { Modules } from '../src/worker/modules.js'

const inkling: Modules['inkling'] = {
  async simd128() {
    const { bytes, glue } = await import('./index-simd128.js')
    return { glue: Promise.resolve(glue), source: bytes }
  },
}

const languages: Modules['inkling-languages'] = {
  async simd128() {
    const { bytes, glue } = await import('./languages-simd128.js')
    return { glue: Promise.resolve(glue), source: bytes }
  },
}

const encoder: Modules['inkling-encoder'] = {
  async relaxed() {
    const { bytes, glue } = await import('./encoder-relaxed.js')
    return { glue: Promise.resolve(glue), source: bytes }
  },
  async simd128() {
    const { bytes, glue } = await import('./encoder-simd128.js')
    return { glue: Promise.resolve(glue), source: bytes }
  },
}

/** Such a page only searches: what builds would double the size of its engine. */
async function refuse(): Promise<never> {
  throw new InklingError(
    'invalid-input',
    'a page that is one file cannot build an index: use the package, or `inkling index`',
  )
}

/** The table. Here the CPU computes: there is no module for the GPU. */
export const modules: Modules = {
  inkling,
  'inkling-languages': languages,
  'inkling-encoder': encoder,
  'inkling-build': { relaxed: refuse, simd128: refuse },
  'inkling-gpu': encoder,
}
