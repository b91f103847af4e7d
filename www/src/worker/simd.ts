/**
 * What this browser computes with: which vector instructions of WebAssembly, and whether a GPU.
 *
 * A wasm module cannot ask at run time whether an instruction exists: it does not even load if one does not. So a few bytes
 * that use the instruction in question are validated first. Browser versions are never looked at.
 */

/** `() => i8x16.relaxed_swizzle(i8x16.splat(1), i8x16.splat(2))` */
const RELAXED_SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
])

/** `() => i8x16.splat(0)` */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
])

/** Whether modules with relaxed SIMD load. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(RELAXED_SIMD_PROBE)

/** Whether modules with SIMD load, without which there is no search. */
export const hasSimd = (): boolean => WebAssembly.validate(SIMD_PROBE)

/** The part of WebGPU that is used from here. */
interface WebGpu {
  requestAdapter(): Promise<object | null>
}

/** WebGPU, where this browser has it for this page. */
export const webGpu = (): WebGpu | undefined => (navigator as { gpu?: WebGpu }).gpu
