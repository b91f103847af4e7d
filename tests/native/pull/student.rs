//! The query encoder for the default model, which a pull fetches along.

use inkling_search::error::ErrorKind;
use inkling_search::import::student::{PackedFiles, fetch};

use super::fake_hub::{Files, Hub, honest};
use super::options;

const FAMILY: &str = "760c7099aa9c864b0db08b42e3403b880580a9a6cc09b2ed04879189b91e8479";
const NAMES: [&str; 3] = ["config.json", "tokenizer.txt", "weights.safetensors"];

fn shipped() -> Files {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/all-MiniLM-L6-v2-query");
    NAMES.map(|name| (name, std::fs::read(folder.join(name)).unwrap())).into()
}

#[test]
fn what_encodes_queries_for_a_family_is_fetched_once_and_is_what_the_repository_ships() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::start(shipped(), honest(), honest());
    let fetched = fetch(FAMILY, &hub.options(cache.path()), &mut ()).unwrap().unwrap();
    let PackedFiles { config, tokenizer, weights } = fetched;
    assert!(Files::from([(NAMES[0], config), (NAMES[1], tokenizer), (NAMES[2], weights)]) == shipped());
    assert!(fetch(&"0".repeat(64), &hub.options(cache.path()), &mut ()).unwrap().is_none());
    // Kept: no hub is needed for the next.
    assert!(fetch(FAMILY, &options(cache.path()), &mut ()).unwrap().is_some());
}

#[test]
fn what_is_not_that_of_this_version_is_refused() {
    for name in NAMES {
        let cache = tempfile::tempdir().unwrap();
        let mut files = shipped();
        let file = files.get_mut(name).unwrap();
        // Still JSON, where it is.
        match file.iter().position(|&byte| byte == b' ') {
            Some(space) => file[space] = b'\n',
            None => file[1000] ^= 1,
        }
        let hub = Hub::start(files, honest(), honest());
        let error = fetch(FAMILY, &hub.options(cache.path()), &mut ()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::HashMismatch, "{name}: {error}");
    }
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(fetch(FAMILY, &options(cache.path()), &mut ()).err().unwrap().kind(), ErrorKind::Network);
}
