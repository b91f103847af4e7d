//! Entropy coding of int8 codes: rANS (Duda, 2013, <https://arxiv.org/abs/1311.2540>) with one static table a stream, over
//! interleaved states so that a processor decodes several codes at once (Giesen, 2014, <https://arxiv.org/abs/1402.3392>).
//!
//! A state is 32 bits and at least 2^16 between codes; it takes in 16 bits at a time. A stream is its states as they stand
//! before the first code, 32 bits each, then its words of 16 bits in the order in which they are read. Code *i* belongs to state
//! *i* mod `STATES`. After the last code every state is 2^16 and every word is used up; else the stream is damaged.

/// Bits of a probability: frequencies add up to 2^12.
const BITS: u32 = 12;
const TOTAL: u32 = 1 << BITS;

/// The largest frequency. Every code then costs at least log2(16 / 15) bits, so that few bytes cannot stand for many codes.
const MOST: u32 = TOTAL / 16 * 15;

/// Codes that a byte of a stream stands for at most: 8 / log2(16 / 15) is 86.
const CODES_PER_BYTE: usize = 86;

/// The smallest state between codes.
const LOW: u32 = 1 << 16;

/// States of a stream that [`pack`] writes.
const STATES: usize = 4;

/// How often each code occurs, out of 2^12: what a stream is written with.
pub struct Frequencies([u16; 256]);

impl Frequencies {
    /// The frequencies of some codes: none is 0 that occurs, none above 15/16.
    pub fn of(codes: &[i8]) -> Self {
        let mut counts = [0u64; 256];
        codes.iter().for_each(|&code| counts[place(code)] += 1);
        let total = counts.iter().sum::<u64>().max(1);
        let share = |&count: &u64| if count == 0 { 0 } else { (count * u64::from(TOTAL) / total).clamp(1, MOST.into()) as i32 };
        let mut frequencies: Vec<i32> = counts.iter().map(share).collect();
        // What rounding and the limits left over goes to, or comes from, whoever can bear it best: the commonest that may change.
        let mut rest = TOTAL as i32 - frequencies.iter().sum::<i32>();
        while rest != 0 {
            let room = |frequency: i32| if rest > 0 { (MOST as i32 - frequency).min(rest) } else { (1 - frequency).max(rest) };
            let may_change = |place: &usize| frequencies[*place] > 0 && room(frequencies[*place]) != 0;
            // One code alone cannot have them all: 0, or else 1, takes what is left.
            let taker = (0..256).filter(may_change).max_by_key(|place| frequencies[*place]);
            let taker = taker.unwrap_or_else(|| place(i8::from(frequencies[place(0)] > 0)));
            let change = room(frequencies[taker]);
            frequencies[taker] += change;
            rest -= change;
        }
        Self(std::array::from_fn(|place| frequencies[place] as u16))
    }

    /// Appends the table: the first and the last code that occur, and the frequency of each from one to the other, 16 bits each.
    pub fn write(&self, to: &mut Vec<u8>) {
        let occurs = |frequency: &u16| *frequency > 0;
        let first = self.0.iter().position(occurs).unwrap_or(0);
        let last = self.0.iter().rposition(occurs).unwrap_or(0);
        to.extend([code(first) as u8, code(last) as u8]);
        to.extend(self.0[first..=last].iter().flat_map(|frequency| frequency.to_le_bytes()));
    }

    /// Reads a table from the start of some bytes, and gives what follows; nothing when that is no such table.
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let ([first, last], rest) = bytes.split_first_chunk()?;
        let (first, last) = (place(*first as i8), place(*last as i8));
        let (table, rest) = rest.split_at_checked(2 * (last + 1).checked_sub(first)?)?;
        let mut frequencies = [0; 256];
        for (frequency, bytes) in frequencies[first..=last].iter_mut().zip(table.as_chunks().0) {
            *frequency = u16::from_le_bytes(*bytes);
        }
        let sum: u32 = frequencies.iter().map(|&frequency| u32::from(frequency)).sum();
        let fits = sum == TOTAL && frequencies.iter().all(|&frequency| u32::from(frequency) <= MOST);
        fits.then_some((Self(frequencies), rest))
    }

    /// Whether a code can occur.
    pub fn has(&self, code: i8) -> bool {
        self.0[place(code)] > 0
    }

    /// Appends a stream of codes, which all must be among those that the frequencies are of.
    pub fn encode<const STATES: usize>(&self, codes: &[i8], to: &mut Vec<u8>) {
        let starts = self.starts();
        let mut states = [LOW; STATES];
        let mut words = Vec::new();
        // Backwards, because what is written last is read first.
        for (at, &code) in codes.iter().enumerate().rev() {
            let place = place(code);
            let (start, frequency, state) = (starts[place], u32::from(self.0[place]), &mut states[at % STATES]);
            if *state >= frequency << (32 - BITS) {
                words.push(*state as u16);
                *state >>= 16;
            }
            *state = ((*state / frequency) << BITS) + *state % frequency + start;
        }
        to.extend(states.iter().flat_map(|state| state.to_le_bytes()));
        to.extend(words.iter().rev().flat_map(|word| word.to_le_bytes()));
    }

    /// The table that reads a stream.
    pub fn decoder(&self) -> Decoder {
        let mut slots = Vec::with_capacity(TOTAL as usize);
        for (place, &frequency) in self.0.iter().enumerate() {
            let of_code = u32::from(code(place) as u8) << 24 | u32::from(frequency.saturating_sub(1)) << BITS;
            slots.extend((0..u32::from(frequency)).map(|offset| of_code | offset));
        }
        slots.resize(TOTAL as usize, 0);
        Decoder(slots.into_boxed_slice().try_into().expect("2^12 slots"))
    }

    /// The sum of all frequencies before each.
    fn starts(&self) -> [u32; 256] {
        let mut sum = 0;
        std::array::from_fn(|place| {
            let start = sum;
            sum += u32::from(self.0[place]);
            start
        })
    }
}

/// The place of a code in a table: codes in ascending order.
fn place(code: i8) -> usize {
    (i16::from(code) + 128) as usize
}

fn code(place: usize) -> i8 {
    (place as i16 - 128) as i8
}

/// For each slot of 2^12: the code (8 bits), its frequency less 1 and the slot's offset in it (12 bits each).
#[derive(Clone)]
pub struct Decoder(Box<[u32; TOTAL as usize]>);

impl Decoder {
    /// Reads a stream that is exactly as many codes as there is room for; false when it is not.
    ///
    /// What is left in `codes` then is of no use. The time taken depends on the number of codes alone.
    #[must_use]
    pub fn decode<const STATES: usize>(&self, stream: &[u8], codes: &mut [i8]) -> bool {
        let Some((mut states, mut words)) = open::<STATES>(stream) else { return false };
        let (whole, rest) = codes.as_chunks_mut::<STATES>();
        for codes in whole {
            for (state, code) in states.iter_mut().zip(codes) {
                *code = self.step(state, &mut words);
            }
        }
        for (state, code) in states.iter_mut().zip(rest) {
            *code = self.step(state, &mut words);
        }
        words.are_used_up() && states == [LOW; STATES]
    }

    /// Reads several streams of one state each side by side, which a processor does in little more time than one: the codes of
    /// each, (streams, width). False when one of them is not so many codes.
    #[must_use]
    pub fn decode_rows<const STREAMS: usize>(&self, streams: [&[u8]; STREAMS], codes: &mut [i8]) -> bool {
        let opened = streams.map(open::<1>);
        if opened.iter().any(Option::is_none) {
            return false;
        }
        let mut opened = opened.map(|stream| stream.expect("none is missing"));
        let width = codes.len() / STREAMS;
        let mut rows = codes.chunks_exact_mut(width.max(1));
        let mut rows: [&mut [i8]; STREAMS] = std::array::from_fn(|_| rows.next().unwrap_or_default());
        for at in 0..width {
            for (([state], words), row) in opened.iter_mut().zip(&mut rows) {
                row[at] = self.step(state, words);
            }
        }
        opened.iter().all(|(states, words)| words.are_used_up() && states == &[LOW])
    }

    /// The next code of a state.
    #[inline(always)]
    fn step(&self, state: &mut u32, words: &mut Input) -> i8 {
        let slot = self.0[(*state & (TOTAL - 1)) as usize];
        let next = ((slot >> BITS & (TOTAL - 1)) + 1) * (*state >> BITS) + (slot & (TOTAL - 1));
        let word = words.peek();
        let is_low = next < LOW;
        *state = if is_low { next << 16 | word } else { next };
        words.at += usize::from(is_low);
        (slot >> 24) as u8 as i8
    }
}

/// The words of a stream, and how many have been read.
struct Input<'a> {
    words: &'a [[u8; 2]],
    at: usize,
}

impl Input<'_> {
    /// The next word. Those beyond the last are 0, and are counted: the check at the end finds that there were too few.
    #[inline(always)]
    fn peek(&self) -> u32 {
        self.words.get(self.at).map_or(0, |word| u32::from(u16::from_le_bytes(*word)))
    }

    fn are_used_up(&self) -> bool {
        self.at == self.words.len()
    }
}

/// The states of a stream and its words.
fn open<const STATES: usize>(stream: &[u8]) -> Option<([u32; STATES], Input<'_>)> {
    let (states, words) = stream.split_at_checked(4 * STATES)?;
    let states = states.as_chunks().0;
    let (words, []) = words.as_chunks() else { return None };
    Some((std::array::from_fn(|at| u32::from_le_bytes(states[at])), Input { words, at: 0 }))
}

/// Some codes as a table and a stream.
pub fn pack(codes: &[i8]) -> Vec<u8> {
    let frequencies = Frequencies::of(codes);
    let mut packed = Vec::new();
    frequencies.write(&mut packed);
    frequencies.encode::<STATES>(codes, &mut packed);
    packed
}

/// The codes that [`pack`] has packed, when there are just so many.
pub fn unpack(packed: &[u8], count: usize) -> Option<Vec<i8>> {
    let (frequencies, stream) = Frequencies::read(packed)?;
    // Memory is only taken for what so many bytes can hold.
    if count > stream.len().checked_mul(CODES_PER_BYTE)? {
        return None;
    }
    let mut codes = vec![0; count];
    frequencies.decoder().decode::<STATES>(stream, &mut codes).then_some(codes)
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Codes as weights have them: many small ones, few large ones, sometimes but one.
    fn codes() -> impl Strategy<Value = Vec<i8>> {
        let shift = prop_oneof![Just(0), Just(1), Just(4), Just(6), Just(8)];
        let drawn = prop::collection::vec((any::<i8>(), 0..200), 0..3000);
        (shift, any::<bool>(), drawn).prop_map(|(shift, outliers, drawn)| {
            let narrow = |(code, luck)| if outliers && luck == 0 { code } else { (i32::from(code) >> shift) as i8 };
            drawn.into_iter().map(narrow).collect()
        })
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out_again(codes in codes()) {
            let packed = pack(&codes);
            prop_assert_eq!(unpack(&packed, codes.len()), Some(codes.clone()));
            prop_assert_eq!(unpack(&packed, codes.len() + 1), None);
            if let Some(fewer) = codes.len().checked_sub(1) {
                // One code less is another stream, unless it costs nothing: no code does.
                prop_assert_eq!(unpack(&packed, fewer), None);
            }
        }

        #[test]
        fn every_number_of_states_reads_what_it_has_written(codes in codes()) {
            let frequencies = Frequencies::of(&codes);
            let mut stream = Vec::new();
            frequencies.encode::<1>(&codes, &mut stream);
            let (decoder, mut read) = (frequencies.decoder(), vec![0; codes.len()]);
            prop_assert!(decoder.decode::<1>(&stream, &mut read));
            prop_assert_eq!(&read, &codes);

            let mut rows = vec![0; 3 * codes.len()];
            prop_assert!(decoder.decode_rows([&stream[..]; 3], &mut rows));
            prop_assert_eq!(rows, codes.repeat(3));
            let shorter = &stream[..stream.len() - 1];
            prop_assert!(!decoder.decode_rows([&stream, shorter], &mut vec![0; 2 * codes.len()]));
        }

        #[test]
        fn a_stream_that_is_cut_short_is_refused(codes in codes(), cut in any::<prop::sample::Index>()) {
            let packed = pack(&codes);
            prop_assert_eq!(unpack(&packed[..cut.index(packed.len())], codes.len()), None);
        }

        #[test]
        fn any_bytes_give_codes_or_none(bytes in prop::collection::vec(any::<u8>(), 0..600), count in 0usize..4000) {
            unpack(&bytes, count);
        }

        #[test]
        fn an_altered_byte_gives_as_many_codes_or_none(
            codes in codes(), at in any::<prop::sample::Index>(), by in 1u8..,
        ) {
            let mut packed = pack(&codes);
            let at = at.index(packed.len());
            packed[at] ^= by;
            if let Some(other) = unpack(&packed, codes.len()) {
                prop_assert_eq!(other.len(), codes.len());
            }
        }
    }

    #[test]
    fn a_stream_takes_nearly_the_entropy_of_its_codes() {
        // A normal distribution of deviation 2.9, by the central limit: 3.58 bits.
        let mut seed = 1u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        let codes: Vec<i8> = (0..100_000).map(|_| ((0..12).map(|_| draw()).sum::<f64>() * 2.9).round() as i8).collect();
        let mut counts = [0u32; 256];
        codes.iter().for_each(|&code| counts[place(code)] += 1);
        let share = |count: u32| f64::from(count) / codes.len() as f64;
        let entropy: f64 = counts.iter().filter(|count| **count > 0).map(|&count| -share(count) * share(count).log2()).sum();
        let bits = 8.0 * pack(&codes).len() as f64 / codes.len() as f64;
        assert!(bits < 1.01 * entropy, "{bits} bits a code, entropy {entropy}");
    }

    #[test]
    fn few_bytes_do_not_stand_for_many_codes() {
        let packed = pack(&[7; 100_000]);
        assert!(packed.len() > 100_000 / CODES_PER_BYTE && packed.len() < 2000, "{} bytes", packed.len());
        assert_eq!(unpack(&packed, usize::MAX), None);
    }
}
