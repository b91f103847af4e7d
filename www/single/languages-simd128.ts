/** The module that searches, and its glue. Imported as a whole: esbuild turns `import()` of bytes into a getter a byte. */
import bytes from '../../dist/wasm/inkling-languages-simd128.wasm'

export * as glue from '../../dist/wasm/inkling-languages-simd128.js'
export { bytes }
