/** Where the wasm modules lie. A page that is one file has a table of its own, `www/single/modules.ts`. */
import type { BuildGlue, EncoderGlue, IndexGlue, LanguagesGlue, Start } from './glue.js'
import type { Build, Module } from './module-names.js'

/** A module as it is loaded: the glue that runs it, on its way, and its bytes or their address. */
export interface ModuleFiles<G = unknown> {
  glue: Promise<G & Start>
  source: URL | Uint8Array<ArrayBuffer>
}

/** The builds of a module: all have the one for browsers without relaxed SIMD. */
export type Builds<G> = Readonly<
  Record<'simd128', () => Promise<ModuleFiles<G>>> & Partial<Record<Build, () => Promise<ModuleFiles<G>>>>
>

/** What each module offers. */
interface Glues extends Record<Module, unknown> {
  inkling: IndexGlue
  'inkling-languages': LanguagesGlue
  'inkling-encoder': EncoderGlue
  'inkling-build': BuildGlue
  'inkling-gpu': EncoderGlue
}

/** All modules. */
export type Modules = { readonly [M in Module]: Builds<Glues[M]> }

/** The table. The paths are written out because bundlers follow `import()` and `new URL()` only when they can read them. */
export const modules: Modules = {
  inkling: {
    simd128: async () => ({
      glue: import('./wasm/inkling-simd128.js'),
      source: new URL('./wasm/inkling-simd128.wasm', import.meta.url),
    }),
  },
  'inkling-languages': {
    simd128: async () => ({
      glue: import('./wasm/inkling-languages-simd128.js'),
      source: new URL('./wasm/inkling-languages-simd128.wasm', import.meta.url),
    }),
  },
  'inkling-encoder': {
    relaxed: async () => ({
      glue: import('./wasm/inkling-encoder-relaxed.js'),
      source: new URL('./wasm/inkling-encoder-relaxed.wasm', import.meta.url),
    }),
    simd128: async () => ({
      glue: import('./wasm/inkling-encoder-simd128.js'),
      source: new URL('./wasm/inkling-encoder-simd128.wasm', import.meta.url),
    }),
  },
  'inkling-build': {
    relaxed: async () => ({
      glue: import('./wasm/inkling-build-relaxed.js'),
      source: new URL('./wasm/inkling-build-relaxed.wasm', import.meta.url),
    }),
    simd128: async () => ({
      glue: import('./wasm/inkling-build-simd128.js'),
      source: new URL('./wasm/inkling-build-simd128.wasm', import.meta.url),
    }),
  },
  'inkling-gpu': {
    simd128: async () => ({
      glue: import('./wasm/inkling-gpu-simd128.js'),
      source: new URL('./wasm/inkling-gpu-simd128.wasm', import.meta.url),
    }),
  },
}
