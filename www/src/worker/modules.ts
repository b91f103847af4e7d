/** Where the wasm modules lie. A page that is one file has a table of its own, `www/single/modules.ts`. */
import type { BuildGlue, Glue } from './glue.js'
import type { Build, Module } from './module-names.js'

/** A module as it is loaded: the glue that runs it, on its way, and its bytes or their address. */
export interface ModuleFiles<G extends Glue = Glue> {
  glue: Promise<G & { default(options: { module_or_path: WebAssembly.Module }): Promise<unknown> }>
  source: URL | Uint8Array<ArrayBuffer>
}

/** Both builds of a module. */
export type Builds<G extends Glue> = Readonly<Record<Build, () => Promise<ModuleFiles<G>>>>

/** All modules. */
export type Modules = { readonly [M in Module]: Builds<M extends 'inkling-build' ? BuildGlue : Glue> }

/** The table. The paths are written out because bundlers follow `import()` and `new URL()` only when they can read them. */
export const modules: Modules = {
  inkling: {
    relaxed: async () => ({
      glue: import('./wasm/inkling-relaxed.js'),
      source: new URL('./wasm/inkling-relaxed.wasm', import.meta.url),
    }),
    simd128: async () => ({
      glue: import('./wasm/inkling-simd128.js'),
      source: new URL('./wasm/inkling-simd128.wasm', import.meta.url),
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
    relaxed: async () => ({
      glue: import('./wasm/inkling-gpu-relaxed.js'),
      source: new URL('./wasm/inkling-gpu-relaxed.wasm', import.meta.url),
    }),
    simd128: async () => ({
      glue: import('./wasm/inkling-gpu-simd128.js'),
      source: new URL('./wasm/inkling-gpu-simd128.wasm', import.meta.url),
    }),
  },
}
