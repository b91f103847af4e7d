//! The one error type of the library: a kind with a stable code, a sentence that says what to do, and the cause below it.
//!
//! The code reaches every user unchanged: the command line prints it, JavaScript sees it as `error.code`. Code that must
//! react to a failure looks at [`Error::kind`]; text may change between versions, codes do not.

use std::fmt;

/// The kinds of errors, each with its stable code: one list, so that none is without a code or missing in [`ErrorKind::ALL`].
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $code:literal,)+) => {
        /// What went wrong, as a category that callers can act on.
        #[non_exhaustive]
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($(#[$doc])+ $kind,)+
        }

        impl ErrorKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The stable code, in kebab case: `"model-mismatch"`.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => $code,)+
                }
            }
        }
    };
}

// Its names beside its codes would be as many bytes again of every module.
impl fmt::Debug for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

kinds! {
    /// An argument or option that cannot be used.
    InvalidInput = "invalid-input",
    /// A file, document or remote thing that is not there.
    NotFound = "not-found",
    /// The operating system refused to read or write.
    Io = "io",
    /// A request failed on its way or was answered with an error.
    Network = "network",
    /// A source wants a token or refuses the one it was given.
    Unauthorized = "unauthorized",
    /// Bytes are not those that a manifest or a source promised.
    HashMismatch = "hash-mismatch",
    /// A file is not in the format it should be in, or is cut short.
    DamagedFile = "damaged-file",
    /// A file of a format version that this version does not read.
    UnsupportedFormat = "unsupported-format",
    /// A model whose architecture this version does not run.
    UnsupportedModel = "unsupported-model",
    /// A model without a tensor that its architecture needs.
    MissingTensor = "missing-tensor",
    /// A tensor whose shape contradicts the model's configuration.
    WrongShape = "wrong-shape",
    /// An index that was made with another model than the one loaded.
    ModelMismatch = "model-mismatch",
    /// A tokenizer file that is not the WordPiece pipeline of a BERT model.
    UnsupportedTokenizer = "unsupported-tokenizer",
    /// Two documents of one corpus with the same id.
    DuplicateId = "duplicate-id",
    /// A corpus without a column or key that it must have.
    MissingColumn = "missing-column",
    /// A corpus without a single document.
    EmptyCorpus = "empty-corpus",
    /// A corpus with faults, where none are to be passed over.
    FaultyRecords = "faulty-records",
    /// No GPU that can be used, or one that failed: the CPU goes on.
    NoGpu = "no-gpu",
    /// No memory left for what was to be loaded or computed.
    OutOfMemory = "out-of-memory",
    /// The index that was opened has given way to another: open it again.
    Replaced = "replaced",
    /// The caller cancelled the work.
    Cancelled = "cancelled",
    /// An answer that cannot be: a fault of this program, worth reporting.
    Internal = "internal",
}

/// An error with a stable code, a sentence for people, and its cause. One word, so that a result takes little room where nothing is
/// wrong: with more, what hands errors on was a large part of the module that searches.
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind, with a sentence that says what is wrong and what to do about it.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, context: context.into(), source: None }))
    }

    /// The same error with the one that caused it.
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong, to be matched on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code of the kind.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }
}

/// The sentence, then each cause after a colon, on one line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.context)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_prints_its_causes_on_one_line() {
        let io = std::io::Error::other("disk full");
        let error = Error::new(ErrorKind::Io, "cannot write x.bin").caused_by(io);
        assert_eq!(error.to_string(), "cannot write x.bin: disk full");
        assert_eq!(error.code(), "io");
    }
}
