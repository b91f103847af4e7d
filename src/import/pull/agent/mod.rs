//! What asks other machines: natively `ureq`, and in WebAssembly Node.js (`www/src/cli/network.ts`).

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod node;

use std::io::Read;

use http::Response;

#[cfg(not(target_family = "wasm"))]
pub(super) use self::native::Agent;
#[cfg(target_family = "wasm")]
pub(super) use self::node::Agent;

/// The body of an answer, as it comes.
pub(super) type Body = Box<dyn Read>;

/// An answer whose head has been read.
pub(super) type Reply = Response<Body>;
