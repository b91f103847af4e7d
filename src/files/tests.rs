use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;

use super::*;

/// What goes wrong from a step on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The process is killed: nothing is done any more, not even what cleans up.
    Killed,
    /// The disk is full: nothing can be made or written, other steps work.
    Full,
}

/// A disk on which something goes wrong after some steps.
struct Faulty {
    fault: Fault,
    steps: Rc<Cell<usize>>,
}

impl Faulty {
    fn step(&self, needs_room: bool) -> io::Result<()> {
        let left = self.steps.get();
        if left > 0 {
            self.steps.set(left - 1);
        }
        if left == 0 && (needs_room || self.fault == Fault::Killed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Disk for Faulty {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step(true).and_then(|()| Real.make_folder(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let done = self.step(true);
        let half = if done.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        fs::write(path, half)?;
        done
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(false).and_then(|()| Real.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step(false).and_then(|()| Real.remove_file(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step(false).and_then(|()| Real.remove_folder(path))
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.step(false)
    }
}

type Set = BTreeMap<&'static str, &'static str>;

fn old() -> Set {
    Set::from([("manifest", "old manifest"), ("docs/a/0", "old texts"), ("docs/b/0", "more texts"), ("model/w", "weights")])
}

fn new() -> Set {
    Set::from([("manifest", "the new manifest"), ("docs/a/0", "new texts"), ("index/v/0", "vectors"), ("model/w", "weights")])
}

fn change(disk: Box<dyn Disk>, root: &Path, to: &Set, removed: &[&str]) -> Result<()> {
    let mut change = Change::begin_on(disk, root, || panic!("nobody else is here"))?;
    to.iter().try_for_each(|(path, text)| change.write(path, text.as_bytes()))?;
    change.commit(removed.iter().copied())
}

/// All files below a folder, and the folders, which end in a slash.
fn found(root: &Path) -> BTreeMap<String, String> {
    let Tree { files, folders } = Tree::of(root).unwrap();
    let name = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    let folders = folders.iter().map(|folder| (name(folder) + "/", String::new()));
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).chain(folders).collect()
}

fn expected(set: &Set) -> BTreeMap<String, String> {
    let folders = set.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| path[..=at].to_owned()));
    let folders = folders.chain(["/".to_owned()]).map(|folder| (folder, String::new()));
    set.iter().map(|(path, text)| (path.to_string(), text.to_string())).chain(folders).collect()
}

/// Whether everything that a set holds is read as it says.
fn is_read(root: &Path, set: &Set) -> bool {
    set.iter().all(|(path, text)| read(root, path).is_ok_and(|bytes| bytes == text.as_bytes()))
}

#[test]
fn a_set_takes_the_place_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("deep/search");
    change(Box::new(Real), &root, &old(), &[]).unwrap();
    assert_eq!(found(&root), expected(&old()));
    change(Box::new(Real), &root, &new(), &["docs/b/0", "docs/a/0", "never/there"]).unwrap();
    assert_eq!(found(&root), expected(&new()));
}

#[test]
fn a_kill_at_any_step_leaves_the_old_set_or_the_new_one() {
    let mut outcomes = BTreeSet::new();
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("search");
        change(Box::new(Real), &root, &old(), &[]).unwrap();
        let left = Rc::new(Cell::new(steps));
        let done = change(Box::new(Faulty { fault: Fault::Killed, steps: left.clone() }), &root, &new(), &["docs/b/0"]);
        let is_new = is_read(&root, &new());
        assert!(is_new || is_read(&root, &old()), "after {steps} steps neither is there");
        settle(&root);
        assert_eq!(found(&root), if is_new { expected(&new()) } else { expected(&old()) }, "after {steps} steps");
        outcomes.insert((done.is_ok(), is_new));
        if left.get() > 0 {
            break;
        }
    }
    assert_eq!(outcomes, BTreeSet::from([(false, false), (false, true), (true, true)]));
}

#[test]
fn a_kill_while_a_change_is_finished_lets_the_next_finish_it() {
    for steps in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("search");
        change(Box::new(Real), &root, &old(), &[]).unwrap();
        // Stopped right after the moment of the change, then once more while it is finished.
        let mut stopped = Change::begin(&root, || ()).unwrap();
        new().iter().try_for_each(|(path, text)| stopped.write(path, text.as_bytes())).unwrap();
        Real.rename(&root.join(NEW), &root.join(NEXT)).unwrap();
        drop(stopped);
        let _ = tidied(&Faulty { fault: Fault::Killed, steps: Rc::new(Cell::new(steps)) }, &root);
        assert!(is_read(&root, &new()), "after {steps} steps");
        change(Box::new(Real), &root, &Set::from([("later", "x")]), &["docs/b/0"]).unwrap();
        let later = new().into_iter().chain([("later", "x")]).collect();
        assert_eq!(found(&root), expected(&later), "after {steps} steps");
    }
}

#[test]
fn a_full_disk_changes_nothing_and_leaves_nothing() {
    for (before, steps) in [true, false].into_iter().flat_map(|before| (0..40).map(move |steps| (before, steps))) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("made/search");
        if before {
            change(Box::new(Real), &root, &old(), &[]).unwrap();
        }
        let disk = Box::new(Faulty { fault: Fault::Full, steps: Rc::new(Cell::new(steps)) });
        match change(disk, &root, &new(), &["docs/b/0"]) {
            Ok(()) => assert_eq!(found(&root), expected(&new())),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Io);
                let kept = if before { expected(&old()) } else { BTreeMap::new() };
                assert_eq!(found(&root), kept, "after {steps} steps");
                assert_eq!(folder.path().join("made").exists(), before, "after {steps} steps");
            }
        }
    }
}

#[test]
fn a_change_waits_for_the_one_that_is_being_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let mut first = Change::begin(&root, || ()).unwrap();
    first.write("a", b"first").unwrap();
    let (note, noted) = std::sync::mpsc::channel();
    let second = std::thread::spawn({
        let root = root.clone();
        move || {
            let mut second = Change::begin(&root, || note.send(()).unwrap()).unwrap();
            let seen = read(&root, "a").unwrap();
            second.write("a", b"second").unwrap();
            second.commit([]).unwrap();
            seen
        }
    });
    noted.recv().unwrap();
    settle(&root);
    first.commit([]).unwrap();
    assert_eq!(second.join().unwrap(), b"first");
    assert_eq!(read(&root, "a").unwrap(), b"second");
}
