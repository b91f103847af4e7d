// The linear layer's inner loop with packed integer dots: inputs become int8 as they are staged, 32 of a row with one
// scale; the dots are exact, and their sums are scaled once for each 32.

const UNIT = 1.0;
const BLOCKS = CHUNK4 / 8u;
// Two elements of sixteen codes for each block of 32 inputs, and what one code step of the block is worth.
var<workgroup> staged: array<vec4<u32>, ROWS * BLOCKS * 2u>;
var<workgroup> worth: array<f32, ROWS * BLOCKS>;

fn stage(source: u32, first_row: u32, first: u32, thread: u32) {
    for (var at = thread; at < ROWS * BLOCKS; at += THREADS) {
        var x = array<vec4<f32>, 8>();
        var largest = vec4<f32>(0.0);
        for (var part = 0u; part < 8u; part++) { // unroll
            x[part] = load(source, first_row + at / BLOCKS, first + at % BLOCKS * 8u + part);
            largest = max(largest, abs(x[part]));
        }
        let top = max(max(largest.x, largest.y), max(largest.z, largest.w));
        let inverse = select(0.0, 1.0 / top, top > 0.0);
        staged[2u * at] = vec4<u32>(
            pack4x8snorm(x[0] * inverse), pack4x8snorm(x[1] * inverse), pack4x8snorm(x[2] * inverse), pack4x8snorm(x[3] * inverse),
        );
        staged[2u * at + 1u] = vec4<u32>(
            pack4x8snorm(x[4] * inverse), pack4x8snorm(x[5] * inverse), pack4x8snorm(x[6] * inverse), pack4x8snorm(x[7] * inverse),
        );
        worth[at] = top / 127.0;
    }
}

fn dots(four: u32, weights: vec4<u32>) -> vec4<i32> {
    return vec4<i32>(
        dot4I8Packed(four, weights.x), dot4I8Packed(four, weights.y), dot4I8Packed(four, weights.z), dot4I8Packed(four, weights.w),
    );
}

fn accumulate(sums: ptr<function, array<vec4<f32>, MICRO>>, weights: u32, columns: u32, row: u32) {
    for (var block = 0u; block < BLOCKS; block++) {
        var exact = array<vec4<i32>, MICRO>();
        for (var half = 0u; half < 2u; half++) { // unroll
            let at = weights + (block * 8u + half * 4u) * columns;
            let first = codes[at];
            let second = codes[at + columns];
            let third = codes[at + 2u * columns];
            let fourth = codes[at + 3u * columns];
            for (var r = 0u; r < MICRO; r++) { // unroll
                let x = staged[((row + r) * BLOCKS + block) * 2u + half];
                exact[r] += dots(x.x, first) + dots(x.y, second) + dots(x.z, third) + dots(x.w, fourth);
            }
        }
        for (var r = 0u; r < MICRO; r++) { // unroll
            (*sums)[r] += vec4<f32>(exact[r]) * worth[(row + r) * BLOCKS + block];
        }
    }
}
