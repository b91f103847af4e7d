//! `npm run flips`: the table of `docs/security.md`. `npm run flips -- 101` tries every 101st change: a multiple of 2 would
//! meet some bits of every byte alone.

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

#[path = "../../fuzz/flips.rs"]
mod flips;
#[allow(dead_code)]
#[path = "../../fuzz/targets.rs"]
mod targets;

fn main() -> ExitCode {
    // Cargo's own word comes with what was asked for.
    let step = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1);
    std::panic::set_hook(Box::new(|_| ()));
    thread::spawn(watch);
    println!("| file | bytes | hashes | changes | refused | same answers | another index | bad |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut bad = 0;
    flips::all(step, |flips::Row { path, bytes, hashes, outcomes }| {
        let flips::Outcomes { refused, same, other, bad: wrong } = outcomes;
        let changes = refused + same + other + wrong.len();
        println!("| `{path}` | {bytes} | {hashes} | {changes} | {refused} | {same} | {other} | {} |", wrong.len());
        wrong.iter().take(20).for_each(|change| eprintln!("{path}, hashes {hashes}: {change}"));
        bad += wrong.len();
    });
    println!("\n{} changes, {bad} bad", flips::TRIED.load(Ordering::Relaxed));
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Ends the process where a change has not been answered within a minute.
fn watch() {
    let mut seen = 0;
    loop {
        thread::sleep(Duration::from_secs(60));
        let tried = flips::TRIED.load(Ordering::Relaxed);
        if tried == seen {
            eprintln!("change {tried} hangs");
            std::process::exit(1);
        }
        seen = tried;
    }
}
