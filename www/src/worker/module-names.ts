/** The names of the wasm modules: `inkling-build-relaxed.wasm` is the module `inkling-build` in the build `relaxed`. */

/**
 * What a module does: `inkling` searches by words and vectors, `inkling-languages` knows other languages than English,
 * `inkling-encoder` makes vectors, `inkling-gpu` makes them on WebGPU, too, `inkling-build` builds an index. They are apart so that visitors load each only where it is needed.
 */
export type Module = 'inkling' | 'inkling-languages' | 'inkling-encoder' | 'inkling-build' | 'inkling-gpu'

/** Which instructions a build uses: `relaxed` is for browsers with relaxed SIMD, `simd128` for all others. Of some there is only this. */
export type Build = 'relaxed' | 'simd128'

/** Which module, in which build, a file is of; undefined where it is of none. */
export function moduleOf(path: string): { module: Module; build: Build } | undefined {
  const [, module, build] =
    /(?:^|\/)(inkling(?:-languages|-encoder|-build|-gpu)?)-(relaxed|simd128)\.(?:js|wasm)$/.exec(path) ?? []
  return module ? { module: module as Module, build: build as Build } : undefined
}

/** Whether an index is in a language that only the module for other languages knows. */
export function needsLanguages(manifest: unknown): boolean {
  const { language } = Object(manifest) as { language?: unknown }
  return typeof language === 'string' && !['en', 'none'].includes(language)
}

/** Whether a browser that runs one build of the modules does without a file: then it is of the other build of a module. */
export function isOtherBuild(path: string, runs: Build): boolean {
  const { module, build = runs } = moduleOf(path) ?? {}
  return module !== 'inkling' && module !== 'inkling-languages' && build !== runs
}
