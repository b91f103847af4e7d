// A tile of a linear layer: a workgroup of THREADS = ROW_GROUPS * GROUPS computes ROWS = ROW_GROUPS * MICRO rows and
// 4 * GROUPS columns, a thread MICRO rows and four columns. Weight codes lie as (inputs / 4, columns) words, each with four
// inputs of one column, so that threads side by side read side by side.

// A linear layer: where its codes, scales and biases begin, its inputs and columns in fours.
struct Linear {
    codes: u32,
    scale: u32,
    bias: u32,
    depth: u32,
    columns: u32,
}

// input W^T + b for the thread's rows and the four columns of `column`; `source` says to `load` what the input is.
fn multiply(linear: Linear, source: u32, first_row: u32, column: u32, thread: u32) -> array<vec4<f32>, MICRO> {
    let row = thread / GROUPS * MICRO;
    var sums = array<vec4<f32>, MICRO>();
    for (var first = 0u; first < linear.depth; first += CHUNK4) {
        workgroupBarrier();
        stage(source, first_row, first, thread);
        workgroupBarrier();
        accumulate(&sums, linear.codes + first * linear.columns + column, linear.columns, row);
    }
    let scale = numbers[linear.scale + column] * UNIT;
    let bias = numbers[linear.bias + column];
    for (var r = 0u; r < MICRO; r++) { // unroll
        sums[r] = sums[r] * scale + bias;
    }
    return sums;
}
