//! Which files of a hub repository make a model, and what their absence means.
//!
//! The first answer names the commit behind the revision, and every later file is asked for at that commit: a repository that
//! is changed in the middle of a pull cannot give the tokenizer of one version and the weights of another.

use std::collections::BTreeMap;

use super::download::{Download, Outcome};
use super::http::{Client, is_hex};
use super::options::FetchOptions;
use super::store::{Snapshot, Store, escaped};
use super::{CONFIG, Failure, OPTIONAL, Progress, REQUIRED, RawModel, WEIGHTS, is_named};
use crate::error::{Error, ErrorKind, Result};

/// Fetches a model, or takes it from the cache: at once when the revision is a commit, which cannot change, else only
/// where the hub does not answer.
pub(super) fn fetch(
    repository: &str,
    revision: &str,
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<RawModel, Failure> {
    let (snapshot, files) = take_or_keep(repository, revision, options, progress, |pull, progress| pull.model(progress))?;
    let version = snapshot.commit.as_deref().unwrap_or(revision);
    Ok(RawModel { id: repository.into(), source: format!("hf:{repository}@{version}"), files })
}

/// Fetches files of a repository, all of which it must have, in the same way.
pub(super) fn fetch_files(
    repository: &str,
    revision: &str,
    names: &[&str],
    options: &FetchOptions,
    progress: &mut dyn Progress,
) -> Result<Files, Failure> {
    let (_, files) = take_or_keep(repository, revision, options, progress, |pull, progress| {
        names.iter().try_for_each(|name| pull.must_take(name, progress))
    })?;
    Ok(files)
}

/// Files of a repository, by their names in it.
type Files = BTreeMap<String, Vec<u8>>;

fn take_or_keep(
    repository: &str,
    revision: &str,
    options: &FetchOptions,
    progress: &mut dyn Progress,
    take: impl FnOnce(&mut Pull, &mut dyn Progress) -> Result<(), Failure>,
) -> Result<(Snapshot, Files), Failure> {
    let store = Store::open(options.cache.join("hub").join(repository.replace('/', "--")), progress)?;
    if is_hex(revision, 40)
        && let Some(kept) = store.kept(revision)
    {
        return Ok(kept);
    }
    let client = Client::new(options)?;
    let mut pull =
        Pull { client, store, options, repository, revision: revision.to_owned(), snapshot: empty(), files: BTreeMap::new() };
    match take(&mut pull, progress) {
        Ok(()) => {
            pull.store.keep(revision, &pull.snapshot)?;
            Ok((pull.snapshot, pull.files))
        }
        Err(Failure::Silent(error)) => {
            let Some(kept) = pull.store.kept(revision) else { return Err(Failure::Silent(error)) };
            progress.note(&format!("{error}; taking {repository} as it was pulled before"));
            Ok(kept)
        }
        Err(settled) => Err(settled),
    }
}

fn empty() -> Snapshot {
    Snapshot { commit: None, files: BTreeMap::new() }
}

struct Pull<'a> {
    client: Client,
    store: Store,
    options: &'a FetchOptions,
    repository: &'a str,
    /// What files are asked for at: the revision, then the commit it stands for.
    revision: String,
    snapshot: Snapshot,
    files: Files,
}

impl Pull<'_> {
    /// Fetches the files of a model.
    fn model(&mut self, progress: &mut dyn Progress) -> Result<(), Failure> {
        REQUIRED.iter().try_for_each(|name| self.must_take(name, progress))?;
        for name in OPTIONAL {
            if is_named(name, &self.files) {
                self.take(name, progress)?;
            }
        }
        for name in WEIGHTS {
            if self.take(name, progress)?.is_none() {
                return Ok(());
            }
        }
        let [first, second] = WEIGHTS;
        let problem = format!("{} has neither {first} nor {second}: weights in several files are not read", self.repository);
        Err(Failure::Settled(Error::new(ErrorKind::NotFound, problem)))
    }

    /// Fetches one file that must be there.
    fn must_take(&mut self, name: &str, progress: &mut dyn Progress) -> Result<(), Failure> {
        match self.take(name, progress)? {
            Some(reason) => Err(Failure::Settled(self.absent(name, &reason))),
            None => Ok(()),
        }
    }

    /// Fetches one file; returns the hub's reason where it has none of that name.
    fn take(&mut self, name: &str, progress: &mut dyn Progress) -> Result<Option<String>, Failure> {
        let path = format!("{}/resolve/{}/{name}", self.repository, escaped(&self.revision));
        let address = self.client.address(&path)?;
        let (client, store, options, repository) = (&self.client, &self.store, self.options, self.repository);
        let (bytes, hash, commit) = match (Download { client, store, options, repository, name, address }).run(progress)? {
            Outcome::Complete { bytes, hash, commit } => (bytes, hash, commit),
            Outcome::Absent(reason) => return Ok(Some(reason)),
        };
        if let Some(commit) = commit.filter(|_| self.snapshot.commit.is_none()) {
            self.revision.clone_from(&commit);
            self.snapshot.commit = Some(commit);
        }
        self.snapshot.files.insert(name.to_owned(), hash);
        self.files.insert(name.to_owned(), bytes);
        Ok(None)
    }

    /// The error for a file that a model must have. The reasons are the codes the hub sends as `X-Error-Code`.
    fn absent(&self, name: &str, reason: &str) -> Error {
        let Self { repository, revision, .. } = self;
        let problem = match reason {
            "RevisionNotFound" => format!("{repository} has no revision {revision}: name one of its branches, tags or commits"),
            "EntryNotFound" => {
                format!("{repository} has no {name} at revision {revision}: it is not a model this version can use")
            }
            _ if name == CONFIG => {
                format!("the hub has no model {repository} with a {name} at revision {revision}: check how it is spelled")
            }
            _ => format!("{repository} has no {name} at revision {revision}: this version needs one"),
        };
        Error::new(ErrorKind::NotFound, problem)
    }
}
