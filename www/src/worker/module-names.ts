/** The names of the wasm modules: `inkling-build-relaxed.wasm` is the module `inkling-build` in the build `relaxed`. */

/**
 * What a module does: `inkling` searches, `inkling-build` also builds an index, `inkling-gpu` also computes on WebGPU. They are
 * apart so that visitors load them only where a page asks for what they do.
 */
export type Module = 'inkling' | 'inkling-build' | 'inkling-gpu'

/** Which instructions a build uses: `relaxed` is for browsers with relaxed SIMD, `simd128` for all others. */
export type Build = 'relaxed' | 'simd128'

/** Which module, in which build, a file is of; undefined where it is of none. */
export function moduleOf(path: string): { module: Module; build: Build } | undefined {
  const [, module, build] = /(?:^|\/)(inkling(?:-build|-gpu)?)-(relaxed|simd128)\.(?:js|wasm)$/.exec(path) ?? []
  return module ? { module: module as Module, build: build as Build } : undefined
}
