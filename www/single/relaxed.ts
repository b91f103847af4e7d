/** The wasm module with relaxed SIMD, and its glue. Imported as a whole: esbuild turns `import()` of bytes into a getter a byte. */
import bytes from '../../dist/wasm/inkling-relaxed.wasm'

export * as glue from '../../dist/wasm/inkling-relaxed.js'
export { bytes }
