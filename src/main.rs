//! The `inkling` command: parses, calls the library, prints the error, sets the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    inkling_search::cli::main()
}
