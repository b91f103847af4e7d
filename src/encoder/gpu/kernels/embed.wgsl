// hidden (rows, dim) = LayerNorm(word + position + token type embeddings). CPU twin: `Cpu::embed`.
// A workgroup takes MICRO rows, a thread four columns of them.

fn number(at: u32) -> f32 {
    return numbers[at / 4u][at % 4u];
}

fn word(at: u32) -> u32 {
    return codes[at / 4u][at % 4u];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * MICRO;
    var x = array<vec4<f32>, MICRO>();
    for (var r = 0u; r < MICRO; r++) { // unroll
        // Rows beyond the last are computed too, from its token: nothing reads them.
        let row = min(first_row + r, batch[0] - 1u);
        let id = batch[HEADER + 2u * row];
        let position = batch[HEADER + 2u * row + 1u];
        let code = unpack4x8snorm(word(WORD_CODES * 4u + id * DIM4 + thread)) * 127.0;
        let place = unpack4x8snorm(word(POSITION_CODES * 4u + position * DIM4 + thread)) * 127.0;
        x[r] = code * number(4u * WORD_STEP) + numbers[WORD_MEAN + thread] + place * number(4u * POSITION_SCALE + position);
    }
    normalize(x, EMBED_GAIN, EMBED_SHIFT, first_row, thread);
}
