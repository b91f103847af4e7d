// hidden (rows, dim) = LayerNorm(hidden + wide W^T + b). CPU twin: `Cpu::contract`. A workgroup owns whole rows.

fn load(source: u32, row: u32, place: u32) -> vec4<f32> {
    return input[row * FF4 + place];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * ROWS;
    let linear = Linear(CONTRACT_CODES, CONTRACT_SCALE, CONTRACT_BIAS, FF4, DIM4);
    let update = multiply(linear, 0u, first_row, thread % GROUPS, thread);
    add_and_normalize(update, CONTRACT_GAIN, CONTRACT_SHIFT, first_row, thread);
}
