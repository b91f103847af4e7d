// context (rows, dim) = softmax(Q K^T) V for each text and head by itself, from qkv (rows, 3 dim). CPU twin: `Cpu::attention`.
// A workgroup takes one head of up to THREADS queries of a text, a thread one query. Keys and values pass through workgroup
// memory KEYS at a time; the softmax is kept up as they come, its largest score first. Scores are in powers of two.

var<workgroup> keys: array<vec4<f32>, KEYS * HEAD4>;
var<workgroup> values: array<vec4<f32>, KEYS * HEAD4>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tile = batch[2] + 3u * workgroup.x;
    let start = batch[tile + 1u];
    let end = batch[tile + 2u];
    let row = batch[tile] + thread;
    let head = workgroup.y * HEAD4;
    var query = array<vec4<f32>, HEAD4>();
    var sums = array<vec4<f32>, HEAD4>();
    for (var part = 0u; part < HEAD4; part++) { // unroll
        query[part] = input[min(row, end - 1u) * 3u * DIM4 + head + part];
    }
    var top = -1e30;
    var total = 0.0;
    for (var first = start; first < end; first += KEYS) {
        workgroupBarrier();
        for (var at = thread; at < KEYS * HEAD4; at += THREADS) {
            let from_row = min(first + at / HEAD4, end - 1u) * 3u * DIM4 + head + at % HEAD4;
            keys[at] = input[from_row + DIM4];
            values[at] = input[from_row + 2u * DIM4];
        }
        workgroupBarrier();
        let count = min(KEYS, end - first);
        for (var key = 0u; key < count; key += 4u) {
            let at = key * HEAD4;
            var scores = vec4<f32>(0.0);
            for (var part = 0u; part < HEAD4; part++) { // unroll
                scores += query[part] * mat4x4<f32>(
                    keys[at + part], keys[at + HEAD4 + part], keys[at + 2u * HEAD4 + part], keys[at + 3u * HEAD4 + part],
                );
            }
            let beyond = (vec4<u32>(0u, 1u, 2u, 3u) + key) >= vec4<u32>(count);
            scores = select(scores, vec4<f32>(-1e30), beyond);
            let new_top = max(max(max(scores.x, scores.y), max(scores.z, scores.w)), top);
            let fade = exp2(top - new_top);
            let p = exp2(scores - new_top);
            top = new_top;
            total = total * fade + dot(p, vec4<f32>(1.0));
            for (var part = 0u; part < HEAD4; part++) { // unroll
                sums[part] = sums[part] * fade + mat4x4<f32>(
                    values[at + part], values[at + HEAD4 + part], values[at + 2u * HEAD4 + part], values[at + 3u * HEAD4 + part],
                ) * p;
            }
        }
    }
    if (row < end) {
        for (var part = 0u; part < HEAD4; part++) { // unroll
            output[row * DIM4 + head + part] = sums[part] / total;
        }
    }
}
