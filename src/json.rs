//! Reading the JSON of an index.
//!
//! By the visitors of `miniserde`: what `serde` makes for each type that is read was a fourth of the module that searches, and its errors
//! bring along how floats are printed. Here a file that cannot be read is damaged, whatever the reason. The text is taken apart in
//! `parse`, since `miniserde` brings a table of powers of ten along that does not compress, and knows no bound of depth.

#![allow(unsafe_code)] // what `make_place!` expands to

mod parse;

use miniserde::de::{Deserialize, Map, Seq, Visitor};
use miniserde::{Result, make_place};
use serde_json::Value;

/// What a text in JSON says; nothing where it is none, or not of that type.
pub fn read<T: Deserialize>(text: &[u8]) -> Option<T> {
    let mut out = None;
    parse::parse(text, T::begin(&mut out))?;
    out
}

/// A value of any kind.
#[derive(Debug, PartialEq)]
pub struct Any(pub Value);

/// The properties of an object, in their order.
#[derive(Debug, Default, PartialEq)]
pub struct Properties(pub serde_json::Map<String, Value>);

/// The properties of an object that are all of one type, in their order.
#[derive(Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

make_place!(Place);

impl Deserialize for Any {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Any> {
    fn null(&mut self) -> Result<()> {
        self.set(Value::Null)
    }

    fn boolean(&mut self, value: bool) -> Result<()> {
        self.set(value)
    }

    fn string(&mut self, value: &str) -> Result<()> {
        self.set(value)
    }

    fn negative(&mut self, value: i64) -> Result<()> {
        self.set(value)
    }

    fn nonnegative(&mut self, value: u64) -> Result<()> {
        self.set(value)
    }

    fn float(&mut self, value: f64) -> Result<()> {
        self.set(value)
    }

    fn seq(&mut self) -> Result<Box<dyn Seq + '_>> {
        Ok(Box::new(Items { out: &mut self.out, items: Vec::new(), item: None }))
    }

    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(Entries {
            done: |out, entries| *out = Some(Any(entries.into())),
            out: &mut self.out,
            entries: Default::default(),
            entry: None,
        }))
    }
}

impl Place<Any> {
    fn set(&mut self, value: impl Into<Value>) -> Result<()> {
        self.out = Some(Any(value.into()));
        Ok(())
    }
}

impl Deserialize for Properties {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Properties> {
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(Entries {
            done: |out, entries| *out = Some(Properties(entries)),
            out: &mut self.out,
            entries: Default::default(),
            entry: None,
        }))
    }
}

impl<T: Deserialize> Deserialize for Named<T> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl<T: Deserialize> Visitor for Place<Named<T>> {
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(NamedEntries { out: &mut self.out, entries: Vec::new(), entry: None }))
    }
}

/// Properties of one type that are being read; `entry` is the one at hand.
struct NamedEntries<'a, T> {
    out: &'a mut Option<Named<T>>,
    entries: Vec<(String, T)>,
    entry: Option<(String, Option<T>)>,
}

impl<T> NamedEntries<'_, T> {
    fn put(&mut self) {
        if let Some((name, Some(value))) = self.entry.take() {
            self.entries.push((name, value));
        }
    }
}

impl<T: Deserialize> Map for NamedEntries<'_, T> {
    fn key(&mut self, name: &str) -> Result<&mut dyn Visitor> {
        self.put();
        let (_, value) = self.entry.insert((name.to_owned(), None));
        Ok(Deserialize::begin(value))
    }

    fn finish(&mut self) -> Result<()> {
        self.put();
        *self.out = Some(Named(std::mem::take(&mut self.entries)));
        Ok(())
    }
}

/// A list that is being read; `item` is the one at hand.
struct Items<'a> {
    out: &'a mut Option<Any>,
    items: Vec<Value>,
    item: Option<Any>,
}

impl Seq for Items<'_> {
    fn element(&mut self) -> Result<&mut dyn Visitor> {
        self.items.extend(self.item.take().map(|Any(value)| value));
        Ok(Deserialize::begin(&mut self.item))
    }

    fn finish(&mut self) -> Result<()> {
        self.items.extend(self.item.take().map(|Any(value)| value));
        *self.out = Some(Any(std::mem::take(&mut self.items).into()));
        Ok(())
    }
}

/// An object that is being read; `entry` is the property at hand.
struct Entries<'a, T> {
    done: fn(&mut Option<T>, serde_json::Map<String, Value>),
    out: &'a mut Option<T>,
    entries: serde_json::Map<String, Value>,
    entry: Option<(String, Option<Any>)>,
}

impl<T> Entries<'_, T> {
    fn put(&mut self) {
        if let Some((name, Some(Any(value)))) = self.entry.take() {
            self.entries.insert(name, value);
        }
    }
}

impl<T> Map for Entries<'_, T> {
    fn key(&mut self, name: &str) -> Result<&mut dyn Visitor> {
        self.put();
        let (_, value) = self.entry.insert((name.to_owned(), None));
        Ok(Deserialize::begin(value))
    }

    fn finish(&mut self) -> Result<()> {
        self.put();
        (self.done)(self.out, std::mem::take(&mut self.entries));
        Ok(())
    }
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Values of any kind, some levels deep.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter_map("finite", serde_json::Number::from_f64).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6).prop_map(|entries| entries.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_read_as_serde_reads_it(value in values()) {
            for text in [serde_json::to_vec(&value).unwrap(), serde_json::to_vec_pretty(&value).unwrap()] {
                prop_assert_eq!(read::<Any>(&text).map(|Any(value)| value), serde_json::from_slice(&text).ok());
            }
        }

        #[test]
        fn any_number_is_read_as_serde_reads_it(
            text in "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?|-?[0-9.eE+-]{0,12}|[0-9]{1,3}e[+-]?[0-9]{8,12}",
        ) {
            let found = read::<Any>(text.as_bytes()).map(|Any(value)| value);
            let expected = serde_json::from_str::<Value>(&text).ok();
            // A zero with a sign is a whole number here.
            prop_assert!(found == expected || (text == "-0" && found == Some(0.into())), "{text}: {found:?}, {expected:?}");
        }

        #[test]
        fn any_text_is_read_as_serde_reads_it(parts in prop::collection::vec(
            prop_oneof![
                any::<String>(),
                "\\\\(u[0-9a-fA-F]{4}|[\"\\\\/bfnrtx])",
                "\\\\ud[89ab][0-9a-f]{2}\\\\ud[c-f][0-9a-f]{2}",
            ],
            0..4,
        )) {
            let text = format!("\"{}\"", parts.concat());
            prop_assert_eq!(read::<String>(text.as_bytes()), serde_json::from_str::<String>(&text).ok());
        }

        #[test]
        fn a_text_that_is_cut_or_changed_is_read_or_refused_but_never_a_panic(
            value in values(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut text = serde_json::to_vec(&value).unwrap();
            let at = at.index(text.len());
            if cut { text.truncate(at) } else { text[at] = byte }
            let _ = read::<Any>(&text);
        }
    }

    #[test]
    fn properties_keep_their_order_and_the_last_of_a_name() {
        let Some(Properties(read)) = read(br#"{"b": 1, "a": [2, {"c": null}], "b": "x"}"#) else { panic!("not read") };
        assert_eq!(Value::from(read), json!({"b": "x", "a": [2, {"c": null}]}));
        assert!(super::read::<Properties>(b"[1]").is_none());
    }

    #[test]
    fn what_is_nested_without_an_end_is_refused() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(read::<Any>(nested(100).as_bytes()).is_some());
            assert!(read::<Any>(nested(1_000_000).as_bytes()).is_none());
        }
        assert!(read::<Any>(format!("\"{}\"", "[\\\"".repeat(1000)).as_bytes()).is_some());
    }
}
