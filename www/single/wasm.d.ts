/** A wasm module as bytes: what esbuild's `binary` loader makes of its import. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}
