// qkv (rows, 3 dim) = (hidden / smooth) W^T + b; queries come out times log2(e) / sqrt(head_dim). CPU twin: `Cpu::qkv`.

fn load(source: u32, row: u32, place: u32) -> vec4<f32> {
    return input[row * DIM4 + place] * numbers[QKV_SMOOTH + place];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * ROWS;
    let column = workgroup.y * GROUPS + thread % GROUPS;
    let linear = Linear(QKV_CODES, QKV_SCALE, QKV_BIAS, DIM4, 3u * DIM4);
    var sums = multiply(linear, 0u, first_row, column, thread);
    let row = first_row + thread / GROUPS * MICRO;
    for (var r = 0u; r < MICRO; r++) { // unroll
        output[(row + r) * 3u * DIM4 + column] = sums[r];
    }
}
