//! Sorting where it is not what takes the time.
//!
//! The standard library's sorts are as fast as they can be, and are some 6 KB of code in a wasm module for each type that is
//! sorted: all of them together were a sixth of the module that a search begins with. This one is there once for all types.

use std::cmp::Ordering;

/// Sorts a list, equals in the order in which they came, by some n log n comparisons.
pub fn sort_by<T>(list: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(list.len(), &mut |a, b| compare(&list[a as usize], &list[b as usize]).is_gt());
    put_in(order, &mut |a, b| list.swap(a, b));
}

/// Puts items in an order by swaps: each cycle of it from its first place on, so that every item is moved once.
fn put_in(mut order: Vec<u32>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        loop {
            let next = std::mem::replace(&mut order[place], place as u32) as usize;
            if next == start {
                break;
            }
            swap(place, next);
            place = next;
        }
    }
}

/// The different texts of a list, in ascending order.
pub fn distinct(mut list: Vec<String>) -> Vec<String> {
    sort_by(&mut list, Ord::cmp);
    list.dedup();
    list
}

/// Sorts keys byte by byte, the last byte first: each pass keeps the order of the one before among equals.
pub fn sort_keys(keys: &mut Vec<u64>) {
    let mut sorted = vec![0; keys.len()];
    for shift in (0..64).step_by(8) {
        let byte = |key: u64| usize::from((key >> shift) as u8);
        let mut ends = [0; 256];
        keys.iter().for_each(|&key| ends[byte(key)] += 1);
        // Where all have the same byte there is nothing to do.
        if ends.contains(&keys.len()) {
            continue;
        }
        let mut end = 0;
        for count in &mut ends {
            (*count, end) = (end, end + *count);
        }
        for &key in keys.iter() {
            let place = &mut ends[byte(key)];
            sorted[*place] = key;
            *place += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
}

/// Keeps the items of a list that come first, so many, in no order.
pub fn keep_first<T>(list: &mut Vec<T>, count: usize, mut compare: impl FnMut(&T, &T) -> Ordering) {
    if count >= list.len() {
        return;
    }
    let mut places: Vec<u32> = (0..list.len() as u32).collect();
    select(&mut places, count, &mut |a, b| compare(&list[a as usize], &list[b as usize]).is_lt());
    let mut is_kept = vec![false; list.len()];
    places[..count].iter().for_each(|&place| is_kept[place as usize] = true);
    let mut kept = is_kept.into_iter();
    list.retain(|_| kept.next().unwrap_or_default());
}

/// Moves the places that come first, so many, to the beginning: Hoare's selection around the item in the middle.
fn select(places: &mut [u32], count: usize, is_before: &mut dyn FnMut(u32, u32) -> bool) {
    let (mut start, mut end) = (0, places.len());
    while start + 1 < end {
        let pivot = places[start + (end - start) / 2];
        let (mut left, mut right) = (start, end - 1);
        while left <= right {
            while is_before(places[left], pivot) {
                left += 1;
            }
            while is_before(pivot, places[right]) {
                right -= 1;
            }
            if left <= right {
                places.swap(left, right);
                left += 1;
                // Nothing is left of the first place.
                let Some(before) = right.checked_sub(1) else { break };
                right = before;
            }
        }
        match count {
            _ if count <= right => end = right + 1,
            _ if count >= left => start = left,
            _ => return,
        }
    }
}

/// The places of so many items in their sorted order: runs of 1, 2, 4 and so on are merged two by two.
fn order(items: usize, is_after: &mut dyn FnMut(u32, u32) -> bool) -> Vec<u32> {
    let mut order: Vec<u32> = (0..items as u32).collect();
    let mut merged = order.clone();
    let mut run = 1;
    while run < items {
        for start in (0..items).step_by(2 * run) {
            let (middle, end) = ((start + run).min(items), (start + 2 * run).min(items));
            let (mut left, mut right) = (start, middle);
            for place in &mut merged[start..end] {
                let from_right = left == middle || (right < end && is_after(order[left], order[right]));
                let from = if from_right { &mut right } else { &mut left };
                *place = order[*from];
                *from += 1;
            }
        }
        std::mem::swap(&mut order, &mut merged);
        run *= 2;
    }
    order
}

// proptest does not build for wasm32.
#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::{keep_first, sort_by, sort_keys};

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does_equals_in_their_order(keys in prop::collection::vec(0u8..9, 0..70)) {
            let mut sorted: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut expected = sorted.clone();
            expected.sort_by_key(|&(key, _)| key);
            sort_by(&mut sorted, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn keys_are_sorted_as_the_standard_library_does(
            keys in prop::collection::vec(prop_oneof![any::<u64>(), 0u64..700, Just(u64::MAX)], 0..400),
        ) {
            let mut sorted = keys.clone();
            sort_keys(&mut sorted);
            let mut expected = keys;
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn what_is_kept_is_what_a_sorted_list_begins_with(keys in prop::collection::vec(0u8..40, 0..70), count in 0usize..80) {
            let all: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut kept = all.clone();
            keep_first(&mut kept, count, Ord::cmp);
            kept.sort();
            let mut expected = all;
            expected.sort();
            expected.truncate(count);
            prop_assert_eq!(kept, expected);
        }

        #[test]
        fn of_equals_as_many_are_kept_as_are_wanted(keys in prop::collection::vec(0u8..4, 0..70), count in 0usize..80) {
            let mut kept = keys.clone();
            keep_first(&mut kept, count, Ord::cmp);
            kept.sort();
            let mut expected = keys;
            expected.sort();
            expected.truncate(count);
            prop_assert_eq!(kept, expected);
        }
    }
}
