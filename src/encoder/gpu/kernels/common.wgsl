// What every kernel sees. The shapes (DIM4, FF4, HEAD4, HEADS), where each part of the weights begins, and how the work is
// cut are constants that kernels.rs writes above this file. A name that ends in 4 counts groups of four numbers.

// Codes of one layer's linear weights or of the embedding tables, four words an element.
@group(0) @binding(0) var<storage, read> codes: array<vec4<u32>>;
// Scales, biases, gains of the same.
@group(0) @binding(1) var<storage, read> numbers: array<vec4<f32>>;
// The batch: a header (rows, texts, where the attention tiles begin, where the texts begin, the batch's number), then an id and
// a position for each row, then first query, first row and end of each tile, then first row and end of each text.
@group(0) @binding(2) var<storage, read> batch: array<u32>;
// The activations that a step reads, and those that it writes.
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4<f32>>;
