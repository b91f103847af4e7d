// The three steps that each row goes through by itself, in one dispatch, for bulk: hidden = LayerNorm(hidden + context W^T + b),
// wide = GELU(hidden W^T + b), hidden = LayerNorm(hidden + wide W^T + b). CPU twins: `Cpu::output`, `Cpu::expand`,
// `Cpu::contract`. A workgroup owns whole rows, so that a barrier of its own is enough between the steps.

@group(0) @binding(5) var<storage, read_write> wide: array<vec4<f32>>;

const CONTEXT = 0u;
const HIDDEN = 1u;
const WIDE = 2u;

fn load(source: u32, row: u32, place: u32) -> vec4<f32> {
    if (source == CONTEXT) {
        return input[row * DIM4 + place];
    }
    if (source == HIDDEN) {
        return output[row * DIM4 + place] * numbers[EXPAND_SMOOTH + place];
    }
    return wide[row * FF4 + place];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = workgroup.x * ROWS;
    let row = first_row + thread / GROUPS * MICRO;
    let project = Linear(OUTPUT_CODES, OUTPUT_SCALE, OUTPUT_BIAS, DIM4, DIM4);
    let context = multiply(project, CONTEXT, first_row, thread % GROUPS, thread);
    add_and_normalize(context, OUTPUT_GAIN, OUTPUT_SHIFT, first_row, thread);
    storageBarrier();
    let expand = Linear(EXPAND_CODES, EXPAND_SCALE, EXPAND_BIAS, DIM4, FF4);
    for (var first = 0u; first < FF4; first += GROUPS) {
        let column = first + thread % GROUPS;
        var sums = multiply(expand, HIDDEN, first_row, column, thread);
        for (var r = 0u; r < MICRO; r++) { // unroll
            wide[(row + r) * FF4 + column] = gelu(sums[r]);
        }
    }
    storageBarrier();
    let contract = Linear(CONTRACT_CODES, CONTRACT_SCALE, CONTRACT_BIAS, FF4, DIM4);
    let update = multiply(contract, WIDE, first_row, thread % GROUPS, thread);
    add_and_normalize(update, CONTRACT_GAIN, CONTRACT_SHIFT, first_row, thread);
}
