//! How finely a model is rounded, which decides its bytes.

/// How finely a model is rounded.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "commands", derive(clap::ValueEnum))]
pub enum Size {
    /// The fewest bytes: a good encoder of queries, not one to encode documents with
    Small,
    /// Half the bytes of `exact`, finding nearly the same
    #[default]
    Balanced,
    /// As near to the original as 7-bit activations let it be: to encode documents with
    Exact,
}

/// The steps of a model's grids, as shares of the deviation of what they round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Of an output channel of a linear layer.
    pub layers: f32,
    /// Of the whole table of word embeddings, once the mean of each column is taken off.
    pub words: f32,
}

impl Size {
    /// The steps: their bytes and what they keep are in `docs/models.md`.
    pub const fn steps(self) -> Steps {
        match self {
            Self::Small => Steps { layers: 1.0, words: 1.5 },
            Self::Balanced => Steps { layers: 0.35, words: 0.75 },
            Self::Exact => Steps { layers: 0.1, words: 0.2 },
        }
    }
}
