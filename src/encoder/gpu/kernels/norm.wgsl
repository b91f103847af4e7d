// Layer normalization where a workgroup holds whole rows: ROW_GROUPS groups of MICRO rows, a thread four columns of them.

var<workgroup> partial: array<vec4<f32>, THREADS * MICRO4>;

// The sums of MICRO numbers over the threads of a row.
fn row_sums(mine: array<vec4<f32>, MICRO4>, thread: u32) -> array<vec4<f32>, MICRO4> {
    let group = thread % GROUPS;
    workgroupBarrier();
    for (var i = 0u; i < MICRO4; i++) { // unroll
        partial[i * THREADS + thread] = mine[i];
    }
    var width = GROUPS;
    for (var half = HALF; half > 0u; half >>= 1u) {
        workgroupBarrier();
        if (group < half && group + half < width) {
            for (var i = 0u; i < MICRO4; i++) { // unroll
                partial[i * THREADS + thread] += partial[i * THREADS + thread + half];
            }
        }
        width = half;
    }
    workgroupBarrier();
    var sums = array<vec4<f32>, MICRO4>();
    for (var i = 0u; i < MICRO4; i++) { // unroll
        sums[i] = partial[i * THREADS + thread - group];
    }
    return sums;
}

// hidden = LayerNorm(x) for the thread's part of its rows.
fn normalize(rows: array<vec4<f32>, MICRO>, gain: u32, shift: u32, first_row: u32, thread: u32) {
    let column = thread % GROUPS;
    let row = first_row + thread / GROUPS * MICRO;
    var x = rows;
    var mine = array<vec4<f32>, MICRO4>();
    for (var r = 0u; r < MICRO; r++) { // unroll
        mine[r / 4u][r % 4u] = dot(x[r], vec4<f32>(1.0));
    }
    let sums = row_sums(mine, thread);
    for (var r = 0u; r < MICRO; r++) { // unroll
        x[r] -= sums[r / 4u][r % 4u] / f32(4u * DIM4);
        mine[r / 4u][r % 4u] = dot(x[r], x[r]);
    }
    let squares = row_sums(mine, thread);
    for (var r = 0u; r < MICRO; r++) { // unroll
        let deviation = inverseSqrt(squares[r / 4u][r % 4u] / f32(4u * DIM4) + EPSILON);
        output[(row + r) * DIM4 + column] = x[r] * deviation * numbers[gain + column] + numbers[shift + column];
    }
}

// hidden = LayerNorm(hidden + update).
fn add_and_normalize(update: array<vec4<f32>, MICRO>, gain: u32, shift: u32, first_row: u32, thread: u32) {
    let row = first_row + thread / GROUPS * MICRO;
    var x = update;
    for (var r = 0u; r < MICRO; r++) { // unroll
        x[r] += output[(row + r) * DIM4 + thread % GROUPS];
    }
    normalize(x, gain, shift, first_row, thread);
}
