//! A stop watch with laps. In WebAssembly it is the browser's, without what finds out where else the module may run.

#[cfg(not(all(feature = "web", target_family = "wasm")))]
use native::now;

#[cfg(all(feature = "web", target_family = "wasm"))]
use browser::now;

#[cfg(not(all(feature = "web", target_family = "wasm")))]
mod native {
    use std::sync::OnceLock;

    use web_time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();

    /// Milliseconds since some moment.
    pub fn now() -> f64 {
        START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e3
    }
}

#[cfg(all(feature = "web", target_family = "wasm"))]
mod browser {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// Milliseconds since some moment.
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
    }
}

/// Since when it runs.
pub struct Clock(f64);

impl Clock {
    /// Starts one.
    pub fn start() -> Self {
        Self(now())
    }

    /// Milliseconds since the start or the last lap.
    pub fn lap(&mut self) -> f64 {
        let before = std::mem::replace(&mut self.0, now());
        self.0 - before
    }
}
