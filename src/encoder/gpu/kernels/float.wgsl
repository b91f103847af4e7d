// The linear layer's inner loop in f32: codes are unpacked as they are read. For devices without packed integer dots.

// What a weight must be multiplied by beside its scale: unpack4x8snorm divides codes by 127.
const UNIT = 127.0;
var<workgroup> staged: array<vec4<f32>, ROWS * CHUNK4>;

// Brings CHUNK4 groups of inputs of ROWS rows into workgroup memory.
fn stage(source: u32, first_row: u32, first: u32, thread: u32) {
    for (var at = thread; at < ROWS * CHUNK4; at += THREADS) {
        staged[at] = load(source, first_row + at / CHUNK4, first + at % CHUNK4);
    }
}

// Adds the products of what is staged to the sums of MICRO rows and four columns.
fn accumulate(sums: ptr<function, array<vec4<f32>, MICRO>>, weights: u32, columns: u32, row: u32) {
    for (var place = 0u; place < CHUNK4; place += 4u) {
        for (var step = 0u; step < 4u; step++) { // unroll
            let four = codes[weights + (place + step) * columns];
            let weight = mat4x4<f32>(
                unpack4x8snorm(four.x), unpack4x8snorm(four.y), unpack4x8snorm(four.z), unpack4x8snorm(four.w),
            );
            for (var r = 0u; r < MICRO; r++) { // unroll
                (*sums)[r] += staged[(row + r) * CHUNK4 + place + step] * weight;
            }
        }
    }
}
