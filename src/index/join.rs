//! Texts one after the other.

/// Some texts with another between each two. What the standard library makes of each type that is joined is 1.3 KB of code.
pub fn joined<'a>(texts: impl IntoIterator<Item = &'a str>, between: &str) -> String {
    let mut joined = String::new();
    for (at, text) in texts.into_iter().enumerate() {
        joined.push_str(if at > 0 { between } else { "" });
        joined.push_str(text);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn texts_are_joined_as_the_standard_library_joins_them() {
        for texts in [&[][..], &[""], &["a"], &["", "b"], &["a", "", "c"], &["a", "b", ""]] {
            assert_eq!(joined(texts.iter().copied(), ", "), texts.join(", "));
        }
    }
}
