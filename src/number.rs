//! Numbers in the fields of documents: from their texts and back, the same bits everywhere.
//!
//! Natively the standard library and `serde_json` do this. The wasm module that searches asks the browser, whose numbers are the
//! same: the tables for both are 20 KB that do not compress.

#[cfg(not(all(feature = "web", target_family = "wasm")))]
pub use native::{parse, text_of};

#[cfg(all(feature = "web", target_family = "wasm"))]
pub use browser::{parse, text_of};

#[cfg(not(all(feature = "web", target_family = "wasm")))]
mod native {
    /// The finite number that a text of digits, signs, a point and an exponent is.
    pub fn parse(text: &str) -> Option<f64> {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A number as JSON has it.
    pub fn text_of(number: f64) -> String {
        serde_json::Value::from(number).to_string()
    }
}

#[cfg(all(feature = "web", target_family = "wasm"))]
mod browser {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// `Number`, as a function.
        #[wasm_bindgen(js_name = Number)]
        fn number_of(text: &str) -> f64;
        #[wasm_bindgen(js_name = Number)]
        type Number;
        /// Without an exponent between a millionth and 10²¹.
        #[wasm_bindgen(method, js_name = toString)]
        fn to_text(this: &Number) -> String;
        /// As many digits as tell a number from all others.
        #[wasm_bindgen(method, js_name = toExponential)]
        fn to_exponential(this: &Number) -> String;
    }

    /// The finite number that a text of digits, signs, a point and an exponent is.
    pub fn parse(text: &str) -> Option<f64> {
        Some(number_of(text)).filter(|number| number.is_finite() && !text.is_empty())
    }

    /// A number as JSON has it: in the layout of `serde_json`, with an exponent only below a hundred-thousandth and from 10¹⁶ on.
    pub fn text_of(number: f64) -> String {
        let value: Number = JsValue::from(number).unchecked_into();
        match number.abs() {
            0.0 if number.is_sign_negative() => "-0.0".to_owned(),
            0.0 | 1e-5..1e16 => {
                let text = value.to_text();
                if text.contains('.') { text } else { text + ".0" }
            }
            _ => value.to_exponential(),
        }
    }
}
