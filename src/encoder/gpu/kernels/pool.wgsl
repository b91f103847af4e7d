// vectors (texts, dim) = the mean of each text's hidden states scaled to unit length; behind them the number of the batch, so
// that the reader can tell them from those of an earlier one. CPU twin: `Cpu::pool`. A workgroup takes a text.

var<workgroup> squares: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let text = batch[3] + 2u * workgroup.x;
    let end = batch[text + 1u];
    var sum = vec4<f32>(0.0);
    for (var row = batch[text]; row < end; row++) {
        sum += input[row * DIM4 + thread];
    }
    squares[thread] = dot(sum, sum);
    var width = THREADS;
    for (var half = HALF; half > 0u; half >>= 1u) {
        workgroupBarrier();
        if (thread < half && thread + half < width) {
            squares[thread] += squares[thread + half];
        }
        width = half;
    }
    workgroupBarrier();
    let length = sqrt(squares[0]);
    // The count cancels out: a mean scaled to unit length is the sum scaled to unit length.
    output[workgroup.x * DIM4 + thread] = sum * select(0.0, 1.0 / length, length > 0.0);
    if (workgroup.x == 0u && thread == 0u) {
        output[batch[1] * DIM4] = vec4<f32>(f32(batch[4]));
    }
}
