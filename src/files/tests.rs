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

/// What a stranger's folder may hold: how it is laid out, given the folder and one beside it that is the user's own.
#[cfg(unix)]
type Trap = (&'static str, fn(&Path, &Path) -> io::Result<()>);

#[cfg(unix)]
const TRAPS: [Trap; 7] = [
    ("a link in place of the set while it is written", |root, own| link(own, &root.join(NEW))),
    ("a link in place of the set that waits", |root, own| link(own, &root.join(NEXT))),
    ("a list of files to remove that are above the folder", |root, _| lay(root, &[(".removed", r#"["../own/docs/0"]"#)])),
    ("a list of files to remove by their whole paths", |root, own| {
        lay(root, &[(".removed", &serde_json::to_string(&[own.join("docs/0")])?)])
    }),
    ("a file for a folder that is a link", |root, own| {
        link(&own.join("docs"), &root.join("docs")).and_then(|()| lay(root, &[("docs/0", "stranger's")]))
    }),
    ("a list of files to remove in a folder that is a link", |root, own| {
        link(&own.join("docs"), &root.join("docs")).and_then(|()| lay(root, &[(".removed", r#"["docs/0"]"#)]))
    }),
    ("an empty folder for one that is a link", |root, own| {
        link(own, &root.join("own")).and_then(|()| fs::create_dir_all(root.join(NEW).join("own/empty")))
    }),
];

#[cfg(unix)]
fn link(to: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, place)
}

/// Lays files out as a change that waits.
#[cfg(unix)]
fn lay(root: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    files.iter().try_for_each(|(path, text)| {
        let place = root.join(NEXT).join(path);
        fs::create_dir_all(parent(&place)).and_then(|()| fs::write(place, text))
    })
}

#[cfg(unix)]
#[test]
fn a_folder_from_a_stranger_changes_nothing_beside_it() {
    for (what, trap) in TRAPS {
        let folder = tempfile::tempdir().unwrap();
        let (root, own) = (folder.path().join("search"), folder.path().join("own"));
        fs::create_dir_all(own.join("docs")).unwrap();
        fs::create_dir_all(own.join("empty")).unwrap();
        fs::create_dir(&root).unwrap();
        fs::write(own.join("docs/0"), "mine").unwrap();
        let before = found(&own);
        trap(&root, &own).unwrap();
        settle(&root);
        assert_eq!(found(&own), before, "opened: {what}");
        let _ = change(Box::new(Real), &root, &Set::from([("docs/0", "new"), ("docs/1", "more")]), &["docs/2"]);
        assert_eq!(found(&own), before, "changed: {what}");
    }
}

#[cfg(unix)]
#[test]
fn a_change_of_files_in_a_folder_that_is_a_link_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (root, own) = (folder.path().join("search"), folder.path().join("own"));
    fs::create_dir_all(&own).unwrap();
    fs::create_dir(&root).unwrap();
    fs::write(own.join("0"), "mine").unwrap();
    link(&own, &root.join("docs")).unwrap();
    for (set, removed) in [(Set::from([("docs/1", "new")]), &[][..]), (Set::from([("a", "new")]), &["docs/0"][..])] {
        let error = change(Box::new(Real), &root, &set, removed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("docs is a link"), "{error}");
        assert_eq!(read(&root, "docs/0").unwrap(), b"mine");
        assert!(!root.join(NEW).exists() && !root.join(NEXT).exists() && !root.join("a").exists());
    }
    // The folder itself may be one.
    link(&root, &folder.path().join("public")).unwrap();
    change(Box::new(Real), &folder.path().join("public"), &Set::from([("a", "new")]), &[]).unwrap();
    assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "new");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("manifest")).status().unwrap().success());
    assert_eq!(read(folder.path(), "manifest").unwrap_err().kind(), ErrorKind::Io);
}
