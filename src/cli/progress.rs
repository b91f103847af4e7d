//! Progress on stderr, where that is a terminal.

#[cfg(not(target_family = "wasm"))]
mod bars;
#[cfg(target_family = "wasm")]
mod line;

#[cfg(all(feature = "import", not(target_family = "wasm")))]
pub use self::bars::Download;
#[cfg(not(target_family = "wasm"))]
pub use self::bars::{Bar, counter};
#[cfg(target_family = "wasm")]
pub use self::line::{Bar, counter};
