//! The text of the kernels: the files of `kernels/` with the shapes of a model written above them.
//!
//! A kernel is made of `common.wgsl`, the pieces that it shares with others, and its own file. The linear layers exist in two
//! variants that differ in one piece: `packed.wgsl` with `dot4I8Packed`, `float.wgsl` without.

use std::fmt::Write;

use crate::error::{Error, ErrorKind, Result};
use crate::model::config::{ModelConfig, Pooling};

/// Words before the rows of a batch.
pub const HEADER: usize = 6;

/// Queries that a workgroup of the attention takes.
pub const QUERIES: usize = 64;

/// Threads that every device runs in a workgroup.
const MAX_THREADS: usize = 256;

/// How the linear layers compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Packed integer dots on int8 activations, where WGSL has `packed_4x8_integer_dot_product`.
    Packed,
    /// f32 activations and unpacked weights.
    Float,
}

/// A kernel: what one dispatch runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shader {
    /// Embeddings and their normalization.
    Embed,
    /// Query, key and value for few rows.
    Qkv,
    /// Attention.
    Attention,
    /// Attention output, residual and normalization for few rows.
    Output,
    /// Feed-forward, up, for few rows.
    Expand,
    /// Feed-forward, down, residual and normalization for few rows.
    Contract,
    /// Query, key and value for many rows.
    BulkQkv,
    /// Output, expand and contract in one for many rows.
    Feed,
    /// Pooling.
    Pool,
}

impl Shader {
    /// Every kernel.
    pub const ALL: [Self; 9] = [
        Self::Embed,
        Self::Qkv,
        Self::Attention,
        Self::Output,
        Self::Expand,
        Self::Contract,
        Self::BulkQkv,
        Self::Feed,
        Self::Pool,
    ];

    /// What the text of the kernel is made of.
    fn source(self) -> Source {
        use Piece::{Dots, Gelu, Norm, Tile};
        let (name, file, shared): (_, _, &[Piece]) = match self {
            Self::Embed => ("embed", include_str!("kernels/embed.wgsl"), &[Norm]),
            Self::Qkv => ("qkv", include_str!("kernels/qkv.wgsl"), &[Dots, Tile]),
            Self::Attention => ("attention", include_str!("kernels/attention.wgsl"), &[]),
            Self::Output => ("output", include_str!("kernels/output.wgsl"), &[Dots, Tile, Norm]),
            Self::Expand => ("expand", include_str!("kernels/expand.wgsl"), &[Dots, Tile, Gelu]),
            Self::Contract => ("contract", include_str!("kernels/contract.wgsl"), &[Dots, Tile, Norm]),
            Self::BulkQkv => ("qkv for bulk", include_str!("kernels/qkv.wgsl"), &[Dots, Tile]),
            Self::Feed => ("feed", include_str!("kernels/feed.wgsl"), &[Dots, Tile, Norm, Gelu]),
            Self::Pool => ("pool", include_str!("kernels/pool.wgsl"), &[]),
        };
        Source { name, file, shared }
    }

    /// The name that errors and profilers show.
    pub fn name(self) -> &'static str {
        self.source().name
    }

    /// How many storage buffers the step binds.
    pub fn bindings(self) -> u32 {
        if self == Self::Feed { 6 } else { 5 }
    }
}

/// What the text of a kernel is made of, beside `common.wgsl` and the constants.
struct Source {
    /// The name that errors and profilers show.
    name: &'static str,
    /// The text of the kernel's own file.
    file: &'static str,
    /// What it shares with other kernels, in the order in which that stands above it.
    shared: &'static [Piece],
}

/// A piece of text that several kernels have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// The inner loop of a linear layer, one for each variant.
    Dots,
    /// A tile of a linear layer around it.
    Tile,
    /// A normalization.
    Norm,
    /// The activation of the feed-forward part.
    Gelu,
}

impl Piece {
    fn text(self, variant: Variant) -> &'static str {
        match (self, variant) {
            (Self::Dots, Variant::Packed) => include_str!("kernels/packed.wgsl"),
            (Self::Dots, Variant::Float) => include_str!("kernels/float.wgsl"),
            (Self::Tile, _) => include_str!("kernels/tile.wgsl"),
            (Self::Norm, _) => include_str!("kernels/norm.wgsl"),
            (Self::Gelu, _) => include_str!("kernels/gelu.wgsl"),
        }
    }
}

/// How a step is cut into workgroups.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// Groups of four columns in a workgroup.
    groups: usize,
    /// Groups of rows in a workgroup.
    row_groups: usize,
    /// Rows of a thread.
    micro: usize,
    /// Inputs that are staged at once.
    chunk: usize,
}

impl Cut {
    /// Rows of a workgroup.
    pub fn rows(&self) -> usize {
        self.row_groups * self.micro
    }

    /// Columns of a workgroup.
    pub fn columns(&self) -> usize {
        4 * self.groups
    }
}

/// A model's shape, as far as the kernels depend on it.
#[derive(Debug, Clone)]
pub struct Shape {
    config: ModelConfig,
}

/// The parts of a buffer with their lengths, in order.
pub type Parts = Vec<(&'static str, usize)>;

impl Shape {
    /// The shape of a model.
    ///
    /// # Errors
    /// `unsupported-model` for one that the kernels do not run.
    pub fn of(config: &ModelConfig) -> Result<Self> {
        let ModelConfig { dim, .. } = *config;
        if dim > 4 * MAX_THREADS || config.head_dim() > 256 {
            let what = format!("a model of dim {dim} with heads of {} does not run on WebGPU", config.head_dim());
            return Err(Error::new(ErrorKind::UnsupportedModel, what));
        }
        if config.pooling != Pooling::Mean || config.dense.is_some() {
            let what = "only models that pool by the mean, without a dense layer, run on WebGPU: the CPU encodes";
            return Err(Error::new(ErrorKind::UnsupportedModel, what));
        }
        Ok(Self { config: config.clone() })
    }

    /// What lies in the buffers of the embeddings: codes in words, and numbers.
    pub fn table_parts(&self) -> (Parts, Parts) {
        let ModelConfig { dim, vocab, positions, .. } = self.config;
        let codes = vec![("WORD_CODES", vocab * dim / 4), ("POSITION_CODES", positions * dim / 4)];
        let numbers =
            [("WORD_STEP", 1), ("WORD_MEAN", dim), ("POSITION_SCALE", positions), ("EMBED_GAIN", dim), ("EMBED_SHIFT", dim)];
        (codes, numbers.to_vec())
    }

    /// What lies in the buffers of a layer: codes in words, and numbers.
    pub fn layer_parts(&self) -> (Parts, Parts) {
        let ModelConfig { dim, ff, .. } = self.config;
        let codes =
            [("QKV_CODES", 3 * dim * dim), ("OUTPUT_CODES", dim * dim), ("EXPAND_CODES", ff * dim), ("CONTRACT_CODES", ff * dim)];
        let numbers = vec![
            ("QKV_SCALE", 3 * dim),
            ("QKV_BIAS", 3 * dim),
            ("QKV_SMOOTH", dim),
            ("OUTPUT_SCALE", dim),
            ("OUTPUT_BIAS", dim),
            ("OUTPUT_GAIN", dim),
            ("OUTPUT_SHIFT", dim),
            ("EXPAND_SCALE", ff),
            ("EXPAND_BIAS", ff),
            ("EXPAND_SMOOTH", dim),
            ("CONTRACT_SCALE", dim),
            ("CONTRACT_BIAS", dim),
            ("CONTRACT_GAIN", dim),
            ("CONTRACT_SHIFT", dim),
        ];
        (codes.map(|(name, codes)| (name, codes / 4)).to_vec(), numbers)
    }

    /// Whether the steps of a row can be one dispatch.
    pub fn has_feed(&self) -> bool {
        self.config.ff.is_multiple_of(self.config.dim)
    }

    /// How a step is cut.
    pub fn cut(&self, shader: Shader) -> Cut {
        let ModelConfig { dim, ff, .. } = self.config;
        // Inputs come in chunks that divide both depths, which are multiples of 32.
        let chunk = [128, 64].into_iter().find(|chunk| dim % chunk == 0 && ff % chunk == 0).unwrap_or(32);
        let divisor =
            |columns: usize, most: usize| (1..=most).rev().find(|groups| (columns / 4).is_multiple_of(*groups)).unwrap_or(1);
        let few = |groups: usize| Cut { groups, row_groups: 1, micro: 4, chunk };
        let many = |groups: usize| Cut { groups, row_groups: if groups > MAX_THREADS / 2 { 1 } else { 2 }, micro: 8, chunk };
        match shader {
            Shader::Embed | Shader::Output | Shader::Contract => few(dim / 4),
            Shader::Qkv => few(divisor(3 * dim, 32)),
            Shader::Expand => few(divisor(ff, 32)),
            Shader::BulkQkv => many(divisor(3 * dim, 96)),
            Shader::Feed => many(dim / 4),
            Shader::Attention => Cut { groups: 1, row_groups: QUERIES, micro: 1, chunk },
            Shader::Pool => Cut { groups: dim / 4, row_groups: 1, micro: 1, chunk },
        }
    }

    /// The whole text of a step's kernel.
    pub fn source(&self, shader: Shader, variant: Variant) -> String {
        let Source { file, shared, .. } = shader.source();
        let mut text = String::new();
        if shared.contains(&Piece::Dots) && variant == Variant::Packed {
            text.push_str("requires packed_4x8_integer_dot_product;\n");
        }
        self.write_constants(shader, &mut text);
        let shared = shared.iter().map(|piece| piece.text(variant));
        let used: String = [include_str!("kernels/common.wgsl")].into_iter().chain(shared).chain([file]).collect();
        let bounds = self.unrolled_bounds(shader);
        unroll(&used, &bounds, &mut text);
        text
    }

    fn unrolled_bounds(&self, shader: Shader) -> [(&'static str, usize); 3] {
        let micro = self.cut(shader).micro;
        [("MICRO", micro), ("MICRO4", micro.div_ceil(4)), ("HEAD4", self.config.head_dim() / 4)]
    }

    fn write_constants(&self, shader: Shader, text: &mut String) {
        let ModelConfig { dim, ff, layer_norm_eps, .. } = self.config;
        let Cut { groups, row_groups, micro, chunk } = self.cut(shader);
        let threads = groups * row_groups;
        // Keys and values of a tile fill 8 KiB at most: half of what every device has.
        let keys = (1024 / self.config.head_dim()).clamp(4, 64) & !3;
        let constants = [
            ("DIM4", dim / 4),
            ("FF4", ff / 4),
            ("HEAD4", self.config.head_dim() / 4),
            ("GROUPS", groups),
            ("ROWS", row_groups * micro),
            ("MICRO", micro),
            ("MICRO4", micro.div_ceil(4)),
            ("CHUNK4", chunk / 4),
            ("THREADS", threads),
            ("HALF", groups.next_power_of_two() / 2),
            ("KEYS", keys),
            ("HEADER", HEADER),
        ];
        let parts = if shader == Shader::Embed { self.table_parts() } else { self.layer_parts() };
        let places = offsets(&parts.0).chain(offsets(&parts.1));
        for (name, value) in constants.into_iter().chain(places.map(|(name, at, _)| (name, at / 4))) {
            let _ = writeln!(text, "const {name} = {value}u;");
        }
        let _ = writeln!(text, "const EPSILON = {};", hexadecimal(layer_norm_eps));
    }
}

/// A positive number as WGSL takes it, exactly. The standard library's decimals would add more to the module than this file.
fn hexadecimal(x: f32) -> String {
    let (exponent, fraction) = (x.to_bits() >> 23 & 255, x.to_bits() & 0x7f_ffff);
    let implicit = if exponent > 0 { 1 << 23 } else { 0 };
    format!("0x{:x}p{}f", fraction | implicit, exponent.max(1) as i32 - 150)
}

/// Where each part begins, each on a multiple of four: name, beginning, length.
pub fn offsets(parts: &Parts) -> impl Iterator<Item = (&'static str, usize, usize)> + '_ {
    parts.iter().scan(0, |at, &(name, length)| {
        let begin = *at;
        *at += length.next_multiple_of(4);
        Some((name, begin, length))
    })
}

/// The length of a buffer of such parts.
pub fn total(parts: &Parts) -> usize {
    parts.iter().map(|(_, length)| length.next_multiple_of(4)).sum()
}

/// Writes out the loops that are marked `// unroll`, so that arrays they index become registers whatever a driver's compiler
/// makes of loops. Such a loop counts from 0 to a number or one of `bounds`, and closes at its own indentation.
fn unroll(text: &str, bounds: &[(&str, usize)], to: &mut String) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((variable, bound)) = line.strip_suffix("// unroll").and_then(loop_of) else {
            if !line.trim_start().starts_with("//") {
                to.push_str(line);
                to.push('\n');
            }
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let body: Vec<&str> = lines.by_ref().take_while(|line| **line != *end).collect();
        let known = bounds.iter().find(|(name, _)| *name == bound).map(|(_, count)| *count);
        let count = known.or_else(|| bound.trim_end_matches('u').parse().ok()).unwrap_or(0);
        for turn in 0..count {
            let body: Vec<String> = body.iter().map(|line| replace_word(line, variable, &format!("{turn}u"))).collect();
            let _ = writeln!(to, "{indent}{{");
            unroll(&body.join("\n"), bounds, to);
            let _ = writeln!(to, "{indent}}}");
        }
    }
}

/// The variable and the bound of `for (var VARIABLE = 0u; VARIABLE < BOUND; …`.
fn loop_of(line: &str) -> Option<(&str, &str)> {
    let (variable, rest) = line.trim_start().strip_prefix("for (var ")?.split_once(" = 0u; ")?;
    let (_, bound) = rest.split_once(" < ")?;
    Some((variable, bound.split_once(';')?.0))
}

fn replace_word(line: &str, word: &str, by: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        // A member such as `.r` is no variable.
        let whole = !is_part(before.chars().next_back().or(out.chars().next_back()))
            && !is_part(after.chars().next())
            && !before.ends_with('.');
        out.push_str(before);
        out.push_str(if whole { by } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use naga::valid::{Capabilities, ValidationFlags, Validator};

    fn shape(layers: [usize; 4]) -> Shape {
        let [dim, heads, ff, vocab] = layers;
        let json = include_str!("../../../tests/data/tiny-quantized/config.json");
        let config: ModelConfig = serde_json::from_str(json).unwrap();
        Shape::of(&ModelConfig { dim, heads, ff, vocab, ..config }).unwrap()
    }

    /// MiniLM, the tiny model of the tests, BERT base, BERT large, and a feed-forward part that is no multiple.
    const SHAPES: [[usize; 4]; 5] =
        [[384, 12, 1536, 30522], [32, 4, 64, 482], [768, 12, 3072, 30522], [1024, 16, 4096, 30522], [96, 12, 160, 100]];

    #[test]
    fn naga_validates_every_kernel_in_both_variants_for_every_shape_of_model() {
        for shape in SHAPES.map(shape) {
            for shader in Shader::ALL {
                for variant in [Variant::Packed, Variant::Float] {
                    let source = shape.source(shader, variant);
                    let told = |error: String| format!("{} {variant:?}: {error}\n{source}", shader.name());
                    let module = naga::front::wgsl::parse_str(&source).map_err(|e| told(e.emit_to_string(&source))).unwrap();
                    let capabilities = Capabilities::default();
                    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
                    validator.validate(&module).map_err(|error| told(error.emit_to_string(&source))).unwrap();
                    assert_fits_default_limits(&module, shader);
                }
            }
        }
    }

    /// 16 KiB of workgroup memory, 256 threads, 8 storage buffers.
    fn assert_fits_default_limits(module: &naga::Module, shader: Shader) {
        let mut layouter = naga::proc::Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        let in_space = |wanted| module.global_variables.iter().filter(move |(_, global)| global.space == wanted);
        let workgroup = in_space(naga::AddressSpace::WorkGroup).map(|(_, global)| layouter[global.ty].size);
        assert!(workgroup.sum::<u32>() <= 16 << 10, "{}", shader.name());
        let threads: u32 = module.entry_points[0].workgroup_size.iter().product();
        assert!(threads <= 256, "{}: {threads} threads", shader.name());
        let storage = module.global_variables.iter().filter(|(_, g)| matches!(g.space, naga::AddressSpace::Storage { .. }));
        assert_eq!(storage.count() as u32, shader.bindings(), "{}", shader.name());
    }

    /// WGSL promises zeros to a declaration without a value, at every turn of a loop. Chromium 156 gives them once and then what the
    /// last turn left, as naga did for long (gfx-rs/wgpu#9489).
    #[test]
    fn no_kernel_declares_a_variable_without_a_value() {
        for shader in Shader::ALL {
            for variant in [Variant::Packed, Variant::Float] {
                let source = shape(SHAPES[0]).source(shader, variant);
                let bare = source.lines().find(|line| line.starts_with(' ') && line.contains("var ") && !line.contains(" = "));
                assert_eq!(bare, None, "{}", shader.name());
            }
        }
    }

    #[test]
    fn numbers_are_written_exactly() {
        assert_eq!([1.0, 1e-12, 0.0].map(hexadecimal), ["0x800000p-23f", "0x8cbcccp-63f", "0x0p-149f"]);
    }

    #[test]
    fn marked_loops_are_written_out_with_their_variable() {
        let mut out = String::new();
        unroll("for (var r = 0u; r < MICRO; r++) { // unroll\n    x[r].r = row;\n}\ny();", &[("MICRO", 2)], &mut out);
        assert_eq!(out, "{\n    x[0u].r = row;\n}\n{\n    x[1u].r = row;\n}\ny();\n");
    }
}
