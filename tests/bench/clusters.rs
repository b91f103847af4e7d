//! How many of the ten nearest passages a query finds that looks at a part of the vectors, and in how many bytes:
//! `cargo bench --bench clusters -- PASSAGES.npy QUERIES.npy [COUNT]`, of files that `inkling encode --format npy` has written.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use inkling_search::index::clustering::Clustering;
use inkling_search::index::clusters::Clusters;
use inkling_search::index::manifest::{FileEntry, Manifest, Needed};
use inkling_search::index::vectors::{PassageVector, VectorHit, Vectors};

use npy::vectors_of;

mod npy;

const ASKED: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [passages, queries, rest @ ..] = args.as_slice() else {
        return Err("give two files of vectors: passages, queries".into());
    };
    let count = rest.first().map_or(Ok(usize::MAX), |count| count.parse())?;
    let (passages, queries) = (vectors_of(passages, count)?, vectors_of(queries, ASKED)?);
    let dim = passages[0].len();
    let mut whole = Vectors::new(dim);
    for (document, vector) in (0..).zip(passages) {
        whole.push(&PassageVector { document, range: 0..0, vector });
    }
    let codes = whole.codes().ok_or("all are here")?;
    let start = Instant::now();
    let clustering = Clustering::of(codes, whole.places());
    let took = start.elapsed().as_secs_f64();
    let files: Vec<Vec<u8>> = clustering.members.iter().map(|members| codes.rows(members)).collect();
    let first = clustering.write()?;
    let entry = |(at, file): (usize, &Vec<u8>)| FileEntry::new(Manifest::cluster_path(at), file, Needed::Vectors);
    let list = Manifest::list(&files.iter().enumerate().map(entry).collect::<Vec<_>>());
    let sizes: Vec<usize> = files.iter().map(|file| brotli(file)).collect();
    let mut none = Vectors::without_codes(whole.places().clone(), dim);
    none.set_clusters(Clusters::read(&first)?)?;

    let (mut found, mut bytes, mut asked, mut mean, mut least) = (0, 0, 0, 0.0f32, 0.0f32);
    for query in &queries {
        let near = none.missing_near(query, &[], &vec![true; whole.passages()]);
        asked += near.len();
        bytes += near.iter().map(|&cluster| sizes[cluster]).sum::<usize>();
        let mut some = none.clone();
        near.iter().try_for_each(|&cluster| some.load(cluster, &files[cluster]))?;
        let (part, all) = (some.scan(query, |_| true), whole.scan(query, |_| true));
        mean += (mean_of(&part) - mean_of(&all)).abs();
        let farthest = all.iter().fold(f32::INFINITY, |least, hit| least.min(hit.score));
        least += (some.least(query).unwrap_or(farthest) - farthest).abs();
        let near = ten(part);
        found += ten(all).iter().filter(|hit| near.contains(hit)).count();
    }
    let of = |sum: usize| sum / queries.len();
    println!("{} passages, {} clusters in {took:.1} s", whole.passages(), files.len());
    println!("recall@10 {:.4}", found as f32 / (10 * queries.len()) as f32);
    println!(
        "bytes: {} where they are, {} which files, {} in {} files of a query",
        brotli(&first),
        brotli(&list),
        of(bytes),
        of(asked)
    );
    println!("off on average: mean {:.6}, least {:.4}", mean / queries.len() as f32, least / queries.len() as f32);
    Ok(())
}

fn ten(mut hits: Vec<VectorHit>) -> Vec<VectorHit> {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(10);
    hits
}

fn mean_of(hits: &[VectorHit]) -> f32 {
    (hits.iter().map(|hit| f64::from(hit.score)).sum::<f64>() / hits.len() as f64) as f32
}

fn brotli(bytes: &[u8]) -> usize {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 11, 22);
    writer.write_all(bytes).and_then(|()| writer.flush()).expect("memory takes what is written");
    drop(writer);
    out.len()
}
