//! Progress on stderr, where that is a terminal.

#[cfg(not(target_family = "wasm"))]
mod bars;
#[cfg(target_family = "wasm")]
mod line;

#[cfg(all(feature = "import", not(target_family = "wasm")))]
pub use self::bars::Download;
#[cfg(not(target_family = "wasm"))]
pub use self::bars::{Bar, counter};
#[cfg(all(feature = "import", target_family = "wasm"))]
pub use self::line::Download;
#[cfg(target_family = "wasm")]
pub use self::line::{Bar, counter};
