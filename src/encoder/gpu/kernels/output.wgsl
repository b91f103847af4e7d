// hidden (rows, dim) = LayerNorm(hidden + context W^T + b). CPU twin: `Cpu::output`. A workgroup owns whole rows.

fn load(source: u32, row: u32, place: u32) -> vec4<f32> {
    return input[row * DIM4 + place];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * ROWS;
    let linear = Linear(OUTPUT_CODES, OUTPUT_SCALE, OUTPUT_BIAS, DIM4, DIM4);
    let update = multiply(linear, 0u, first_row, thread % GROUPS, thread);
    add_and_normalize(update, OUTPUT_GAIN, OUTPUT_SHIFT, first_row, thread);
}
