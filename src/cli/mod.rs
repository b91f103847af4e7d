//! The command line: one file a command, none with logic that the library lacks.
//!
//! Results go to stdout, progress and notes to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.

mod bundle;
mod change;
mod compress;
mod corpus;
#[cfg(feature = "cli")]
mod encode;
#[cfg(feature = "eval")]
mod eval;
#[cfg(feature = "export")]
mod export;
mod found;
mod index;
mod inspect;
#[cfg(feature = "import")]
mod model;
mod models;
#[cfg(all(feature = "node", target_family = "wasm"))]
mod node;
mod progress;
mod said;
mod search;
mod site;

use std::ffi::OsString;
use std::io;

use clap::{Parser, Subcommand};

use self::said::{note, note_error, print, print_json};
use crate::error::{Error, ErrorKind, Result};

/// Semantic search that runs in the visitor's browser.
///
/// Two steps make a site searchable by meaning:
///
///   inkling site public
///   inkling search "Health Analytics?" --index public/search
///
/// `public` is the folder that the site's generator writes. For documents in a file, such as the programme of a conference:
///
///   inkling index sessions.json --out search
#[derive(Parser)]
#[command(name = "inkling", version, verbatim_doc_comment, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch a sentence encoder and quantize it
    #[cfg(feature = "import")]
    #[command(subcommand)]
    Model(model::Command),
    Site(site::Args),
    /// Build the folder that a site serves from a file of documents
    Index(index::Args),
    /// Ask an index a question
    Search(search::Args),
    Add(change::Add),
    Remove(change::Remove),
    /// Measure how well an index answers queries whose answers are known
    #[cfg(feature = "eval")]
    Eval(eval::Args),
    #[cfg(feature = "export")]
    Export(export::Args),
    Bundle(bundle::Args),
    Compress(compress::Args),
    /// Turn lines of text into vectors
    #[cfg(feature = "cli")]
    Encode(encode::Args),
    /// Say what a model or an index holds
    Inspect(inspect::Args),
}

/// How often a command begins anew because an index was replaced under it.
const REPLACED_MAX: usize = 3;

/// Runs the command that the process was started with.
#[cfg(not(target_family = "wasm"))]
pub fn main() -> std::process::ExitCode {
    answer(&std::env::args_os().collect::<Vec<_>>()).into()
}

/// Runs a command, its name before its arguments; gives the exit code.
fn answer(args: &[OsString]) -> u8 {
    let mut done = run(args);
    // What was read while another inkling changed it is read once more.
    for _ in 0..REPLACED_MAX {
        if !done.as_ref().is_err_and(|error| error.kind() == ErrorKind::Replaced) {
            break;
        }
        done = run(args);
    }
    match done {
        Ok(code) => code,
        // Whoever reads our output has seen enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            note_error(&error);
            1
        }
    }
}

fn run(args: &[OsString]) -> Result<u8> {
    let command = match Cli::try_parse_from(args) {
        Ok(cli) => cli.command,
        Err(refusal) => return refuse(&refusal),
    };
    match command {
        #[cfg(feature = "import")]
        Command::Model(command) => command.run(),
        Command::Site(args) => args.run(),
        Command::Index(args) => args.run(),
        Command::Search(args) => args.run(),
        Command::Add(args) => args.run(),
        Command::Remove(args) => args.run(),
        #[cfg(feature = "eval")]
        Command::Eval(args) => args.run(),
        #[cfg(feature = "export")]
        Command::Export(args) => args.run(),
        Command::Bundle(args) => args.run(),
        Command::Compress(args) => args.run(),
        #[cfg(feature = "cli")]
        Command::Encode(args) => args.run(),
        Command::Inspect(args) => args.run(),
    }?;
    Ok(0)
}

/// Says what clap has to say: help on stdout, wrong usage on stderr with exit code 2.
fn refuse(refusal: &clap::Error) -> Result<u8> {
    #[cfg(not(target_family = "wasm"))]
    let said = refusal.print().map_err(|cause| Error::new(ErrorKind::Io, "cannot write the help").caused_by(cause));
    #[cfg(target_family = "wasm")]
    let said = {
        let text = refusal.render().to_string();
        let to_stderr = refusal.use_stderr();
        if to_stderr {
            note(text.trim_end())
        };
        if to_stderr { Ok(()) } else { print(text) }
    };
    said.map(|()| refusal.exit_code() as u8)
}

fn is_broken_pipe(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// A `FIELD=VALUE` of the command line.
fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or_else(|| format!("{text:?} is not of the form FIELD=VALUE"))?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}
