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
        /// As many digits as tell a number from all others.
        #[wasm_bindgen(method, js_name = toExponential)]
        fn to_exponential(this: &Number) -> String;
    }

    /// The finite number that a text of digits, signs, a point and an exponent is.
    pub fn parse(text: &str) -> Option<f64> {
        Some(number_of(text)).filter(|number| number.is_finite() && !text.is_empty())
    }

    /// A number as JSON has it.
    pub fn text_of(number: f64) -> String {
        if number == 0.0 && number.is_sign_negative() {
            return "-0.0".to_owned();
        }
        super::laid_out(&JsValue::from(number).unchecked_into::<Number>().to_exponential())
    }
}

/// A number in the layout of `serde_json` from one like `-1.25e+3`: with an exponent only below a hundred-thousandth and from 10¹⁶ on.
#[cfg(any(test, all(feature = "web", target_family = "wasm")))]
fn laid_out(exponential: &str) -> String {
    let (digits, exponent) = exponential.split_once('e').unwrap_or((exponential, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    let zeros = |count: i32| "0".repeat(count.max(0) as usize);
    let (whole, part) = match exponent {
        -5..0 => ("0".to_owned(), zeros(-1 - exponent) + &digits),
        0..16 => {
            let padded = digits.clone() + &zeros(exponent + 1 - digits.len() as i32);
            let (whole, part) = padded.split_at(exponent as usize + 1);
            (whole.to_owned(), part.to_owned())
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            return format!("{sign}{first}{point}{rest}e{exponent:+}");
        }
    };
    let part = if part.is_empty() { "0" } else { &part };
    format!("{sign}{whole}.{part}")
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The digits of a number's text, without its layout.
    fn digits(text: &str) -> String {
        let mantissa = text.split('e').next().unwrap_or_default().replace(['-', '.'], "");
        mantissa.trim_matches('0').to_owned()
    }

    proptest! {
        #[test]
        fn a_number_is_laid_out_as_json_has_it(bits in any::<u64>(), small in -1e7f64..1e7, places in 0i32..9) {
            let rounded = (small * 10f64.powi(places)).round() / 10f64.powi(places);
            let whole = (small * 1e12).round();
            for number in [f64::from_bits(bits), small, small * 1e-9, rounded, whole].into_iter().filter(|number| number.is_finite()) {
                let exponential = format!("{number:e}");
                // Of two shortest texts that are equally near browsers take the even one, as `serde_json` does, and `format!` either.
                if digits(&exponential) != digits(&text_of(number)) {
                    prop_assert_eq!(text_of(number).parse(), Ok(number));
                    continue;
                }
                prop_assert_eq!(laid_out(&exponential), text_of(number));
                // As browsers write it.
                let signed = exponential.replace("e", "e+").replace("e+-", "e-");
                prop_assert_eq!(laid_out(&signed), text_of(number));
            }
        }
    }
}
