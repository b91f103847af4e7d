/** The module that encodes, with relaxed SIMD, and its glue. Imported as a whole: esbuild turns `import()` of bytes into a getter a byte. */
import bytes from '../../dist/wasm/inkling-encoder-relaxed.wasm'

export * as glue from '../../dist/wasm/inkling-encoder-relaxed.js'
export { bytes }
