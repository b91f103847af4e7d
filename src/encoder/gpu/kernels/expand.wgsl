// wide (rows, ff) = GELU((hidden / smooth) W^T + b). CPU twin: `Cpu::expand`.

fn load(source: u32, row: u32, place: u32) -> vec4<f32> {
    return input[row * DIM4 + place] * numbers[EXPAND_SMOOTH + place];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * ROWS;
    let column = workgroup.y * GROUPS + thread % GROUPS;
    let linear = Linear(EXPAND_CODES, EXPAND_SCALE, EXPAND_BIAS, DIM4, FF4);
    var sums = multiply(linear, 0u, first_row, column, thread);
    let row = first_row + thread / GROUPS * MICRO;
    for (var r = 0u; r < MICRO; r++) { // unroll
        output[(row + r) * FF4 + column] = gelu(sums[r]);
    }
}
