//! Progress bars.

#[cfg(feature = "import")]
use std::time::Duration;

pub use indicatif::ProgressBar as Bar;
use indicatif::ProgressStyle;

#[cfg(feature = "import")]
use crate::cli::note;
#[cfg(feature = "import")]
use crate::import::pull;

/// A bar that counts things: `encoding  [=====>    ] 120/400 passages, 2 s left`.
pub fn counter(what: &'static str, unit: &'static str, total: usize) -> Bar {
    let template = format!("{{msg:10}} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit}, {{eta}} left");
    bar(what, total as u64, &template)
}

fn bar(what: &str, total: u64, template: &str) -> Bar {
    let style = ProgressStyle::with_template(template).expect("the template is fixed");
    Bar::new(total).with_style(style.progress_chars("=> ")).with_message(what.to_owned())
}

/// The progress of a download: a bar in bytes, or a spinner where the length is not known.
#[cfg(feature = "import")]
#[derive(Default)]
pub struct Download {
    bar: Option<Bar>,
}

#[cfg(feature = "import")]
impl pull::Progress for Download {
    fn start(&mut self, what: &str, bytes: Option<u64>) {
        self.finish();
        let bar = match bytes {
            Some(bytes) => bar(what, bytes, "{msg} [{bar:30}] {bytes}/{total_bytes}, {eta} left"),
            None => Bar::new_spinner().with_message(what.to_owned()),
        };
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn note(&mut self, line: &str) {
        self.finish();
        note(line);
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
