//! The commands as Node.js runs them, where the native command line is not installed.

#![allow(unsafe_code)] // what #[wasm_bindgen] expands to

use std::ffi::OsString;

use wasm_bindgen::prelude::*;

use crate::host::{self, Host};

/// Runs a command; gives the exit code.
#[wasm_bindgen]
pub fn run(args: Vec<String>, host: Host) -> u8 {
    host::set(host);
    let args: Vec<OsString> = ["inkling".to_owned()].into_iter().chain(args).map(OsString::from).collect();
    super::answer(&args)
}
