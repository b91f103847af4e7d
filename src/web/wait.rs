//! Waiting, but not for ever: a browser may leave a request, or its own storage, without an answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Calls a function with an argument after so many milliseconds. Node gives an object, browsers a number.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &Function, milliseconds: u32, argument: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// What a promise settles to within so many milliseconds; `None` when it has not by then.
pub async fn within(milliseconds: u32, promise: Promise) -> Option<Result<JsValue, JsValue>> {
    let (late, mut timer) = (JsValue::from(Object::new()), JsValue::UNDEFINED);
    let alarm = Promise::new(&mut |resolve, _| timer = set_timeout(&resolve, milliseconds, &late));
    let first = JsFuture::from(Promise::race(&js_sys::Array::of2(&promise, &alarm))).await;
    clear_timeout(&timer);
    match first {
        Ok(value) if value == late => None,
        settled => Some(settled),
    }
}

/// Waits so many milliseconds.
pub async fn pause(milliseconds: u32) {
    let waited = Promise::new(&mut |resolve, _| _ = set_timeout(&resolve, milliseconds, &JsValue::UNDEFINED));
    let _ = JsFuture::from(waited).await;
}

/// A future, and what it came to once it is done.
type Running<F> = (Pin<Box<F>>, Option<<F as Future>::Output>);

/// What some futures come to, all of which run at once.
pub async fn together<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Running<F>> = futures.map(|future| (Box::pin(future), None)).collect();
    let all = poll_fn(|context| {
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(done) = future.as_mut().poll(context) {
                *output = Some(done);
            }
        }
        if running.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    });
    all.await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}
