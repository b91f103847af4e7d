//! The fuzz targets over their seeds and over changes of them: what is hostile gives an error, never a panic. `fuzz/` searches for longer.

use std::collections::BTreeMap;
use std::path::Path;

#[allow(dead_code)]
#[path = "../../fuzz/flips.rs"]
mod flips;
#[path = "../../fuzz/targets.rs"]
mod targets;

/// How many changes of all seeds of a target are tried: those that go through the encoder or build an index take milliseconds.
fn changes(target: &str) -> usize {
    match target {
        "weights" | "rows" | "tokenizer" | "changes" | "query" | "saved" | "documents" => 150,
        "json" | "jsonl" | "csv" | "xml" | "ics" | "html" | "markdown" | "passages" => 400,
        _ => 1500,
    }
}

/// The seeds of each target: those of `fuzz/seeds`, and the formats of the program as it writes them now. With `INKLING_SEEDS` in the
/// environment these are written to `fuzz/corpus`, where cargo-fuzz begins (`fuzz/README.md`).
fn seeds() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut seeds: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for (target, _) in targets::TARGETS {
        let entries = std::fs::read_dir(folder.join(target)).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        seeds.insert(target, paths.iter().map(|path| std::fs::read(path).unwrap()).collect());
    }
    for (number, (target, bytes)) in targets::written().into_iter().enumerate() {
        if std::env::var_os("INKLING_SEEDS").is_some() {
            let corpus = folder.with_file_name("corpus").join(target);
            std::fs::create_dir_all(&corpus).unwrap();
            std::fs::write(corpus.join(format!("written-{number}")), &bytes).unwrap();
        }
        seeds.get_mut(target).unwrap().push(bytes);
    }
    seeds
}

/// Marsaglia's xorshift, 64 bits: the same changes on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// Changes bytes in one of the ways in which fuzzers do.
fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(8) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'[', b'\n'][random.below(8)],
        2 => bytes.truncate(at),
        3 => bytes.insert(at, random.below(256) as u8),
        4 => drop(bytes.drain(at..(at + 1 + random.below(8)).min(bytes.len()))),
        5 => {
            let end = (at + random.below(64)).min(bytes.len());
            bytes.extend_from_within(at..end);
        }
        6 => {
            let from = random.below(other.len());
            let part = &other[from..(from + random.below(64)).min(other.len())];
            drop(bytes.splice(at..at, part.iter().copied()));
        }
        _ => {
            let number = [0u64, 1, u64::MAX, 1 << 31, 1 << 60][random.below(5)].to_le_bytes();
            let end = (at + 1 + random.below(8)).min(bytes.len());
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }
}

/// Changes the content of the tensors of a file and leaves its description as it is: most changes of that are refused at once.
fn change_tensors(bytes: &mut [u8], random: &mut Random) {
    let Some(header) = bytes.first_chunk().map(|length| (u64::from_le_bytes(*length) as usize).saturating_add(8)) else { return };
    for _ in 0..1 + random.below(3) {
        if header < bytes.len() {
            let at = header + random.below(bytes.len() - header);
            bytes[at] = match random.below(3) {
                0 => bytes[at] ^ (1 << random.below(8)),
                1 => random.below(256) as u8,
                _ => bytes[at].wrapping_add([1, 255][random.below(2)]),
            };
        }
    }
}

#[test]
fn bytes_of_strangers_give_an_error_and_never_a_panic() {
    let seeds = seeds();
    for (target, run) in targets::TARGETS {
        let of_target = &seeds[target];
        assert!(!of_target.is_empty(), "{target} has no seeds");
        of_target.iter().for_each(|seed| run(seed));
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let is_tensors = matches!(target, "words" | "table" | "codes" | "places" | "saved" | "weights");
        for number in 0..changes(target) {
            let mut bytes = of_target[random.below(of_target.len())].clone();
            if is_tensors && number % 4 != 0 {
                change_tensors(&mut bytes, &mut random);
            } else {
                let other = &of_target[random.below(of_target.len())];
                (0..1 + random.below(4)).for_each(|_| change(&mut bytes, other, &mut random));
            }
            if std::panic::catch_unwind(|| run(&bytes)).is_err() {
                let path = std::env::temp_dir().join(format!("inkling-fuzz-{target}-{number}"));
                std::fs::write(&path, &bytes).unwrap();
                panic!("{target}: change {number} is in {}", path.display());
            }
        }
    }
}

/// `npm run flips` tries all.
#[test]
fn a_file_with_a_turned_bit_or_a_missing_end_is_refused_or_answers_as_any_index_does() {
    flips::all(997, |row| {
        assert!(row.outcomes.bad.is_empty(), "{}, hashes {}: {:?}", row.path, row.hashes, row.outcomes.bad);
        assert!(row.hashes == "put right" || row.outcomes.refused > 0, "{} gave no error", row.path);
    });
}
