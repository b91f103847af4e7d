//! A Levenshtein automaton that walks the words in their order and finds the words a few typing errors away.
//!
//! An error is a letter too much, a letter missing, a wrong letter, or two neighbours swapped (the "optimal string alignment"
//! distance). It computes a row of the distance table at each step it takes, so it costs nothing to make.

/// Longest word for which typing errors are considered, in characters.
pub(super) const TYPO_CHARS_MAX: usize = 24;

/// Matches every word within a number of typing errors of one word.
#[derive(Debug, Clone)]
pub(super) struct Typos {
    word: Vec<char>,
    errors_max: u8,
    /// Whether a word matches as soon as its beginning does: the visitor may not have typed the rest yet.
    beginning: bool,
}

/// The last two rows of the distance table, and the bytes of a character that has not come in whole.
#[derive(Debug, Clone)]
pub(super) struct TypoState {
    row: [u8; TYPO_CHARS_MAX + 1],
    before: [u8; TYPO_CHARS_MAX + 1],
    last: char,
    /// Characters so far.
    depth: u8,
    /// The least in the row: when that is too much, no continuation can match.
    least: u8,
    bytes: [u8; 4],
    bytes_len: u8,
    /// Errors of the best beginning so far; stays above `errors_max` until one matches.
    beginning: u8,
}

impl Typos {
    /// An automaton for a folded word, or nothing when the word is too long for one.
    pub fn new(word: &str, errors_max: u8, beginning: bool) -> Option<Self> {
        let word: Vec<char> = word.chars().collect();
        (word.len() <= TYPO_CHARS_MAX).then_some(Self { word, errors_max, beginning })
    }

    /// The errors of the word that led to a state.
    pub fn errors(&self, state: &TypoState) -> u8 {
        let whole = state.row[self.word.len()];
        if self.beginning { whole.min(state.beginning) } else { whole }
    }

    /// The errors between the automaton's word and another, or nothing when they are too many.
    pub fn errors_of(&self, other: &str) -> Option<u8> {
        let mut state = self.start();
        for byte in other.bytes() {
            if !self.can_match(&state) {
                return None;
            }
            state = self.accept(&state, byte);
        }
        self.is_match(&state).then(|| self.errors(&state))
    }

    /// The state after one more character. Only cells at most `errors_max` off the diagonal can stay within `errors_max`.
    fn step(&self, state: &TypoState, c: char) -> TypoState {
        let off = usize::from(self.errors_max);
        let depth = state.depth.saturating_add(1);
        let edge = depth.min(self.errors_max + 1);
        let mut row = [self.errors_max + 1; TYPO_CHARS_MAX + 1];
        row[0] = edge;
        let mut least = edge;
        for i in usize::from(depth).saturating_sub(off).max(1)..=self.word.len().min(usize::from(depth) + off) {
            let expected = self.word[i - 1];
            let wrong = state.row[i - 1] + u8::from(expected != c);
            let mut best = wrong.min(state.row[i] + 1).min(row[i - 1] + 1);
            if i > 1 && expected == state.last && self.word[i - 2] == c {
                best = best.min(state.before[i - 2] + 1);
            }
            // Larger distances are all alike: too many. This also keeps the sums far from overflow.
            row[i] = best.min(self.errors_max + 1);
            least = least.min(row[i]);
        }
        let beginning = state.beginning.min(row[self.word.len()]);
        TypoState { row, before: state.row, last: c, depth, least, beginning, bytes: [0; 4], bytes_len: 0 }
    }

    /// The state before the first byte of a word.
    pub fn start(&self) -> TypoState {
        let mut row = [0; TYPO_CHARS_MAX + 1];
        for (i, cell) in row.iter_mut().enumerate() {
            *cell = (i as u8).min(self.errors_max + 1);
        }
        let beginning = row[self.word.len()];
        let before = [self.errors_max + 1; TYPO_CHARS_MAX + 1];
        // Nothing has been swapped before the first character: '\0' is no letter of a folded word.
        TypoState { row, before, last: '\0', depth: 0, least: 0, bytes: [0; 4], bytes_len: 0, beginning }
    }

    /// Whether the word that led to a state is near enough.
    pub fn is_match(&self, state: &TypoState) -> bool {
        state.bytes_len == 0 && self.errors(state) <= self.errors_max
    }

    /// Whether any word that begins with the bytes that led to a state can be.
    pub fn can_match(&self, state: &TypoState) -> bool {
        state.least <= self.errors_max || (self.beginning && state.beginning <= self.errors_max)
    }

    /// The state after one more byte.
    pub fn accept(&self, state: &TypoState, byte: u8) -> TypoState {
        if byte < 0x80 && state.bytes_len == 0 {
            return self.step(state, char::from(byte));
        }
        let mut next = state.clone();
        if usize::from(next.bytes_len) < next.bytes.len() {
            next.bytes[usize::from(next.bytes_len)] = byte;
            next.bytes_len += 1;
        }
        match std::str::from_utf8(&next.bytes[..usize::from(next.bytes_len)]).ok().and_then(|text| text.chars().next()) {
            Some(c) => self.step(&next, c),
            None => next,
        }
    }
}

/// How many typing errors a folded word of a query may have: one from four letters on, two from eight.
///
/// None in words with digits or signs ("2023" is no misspelt "2024"), in pairs of characters, and in words too long to be typed.
pub(super) fn errors_allowed(word: &str) -> u8 {
    if !word.chars().all(char::is_alphabetic) || super::analyze::is_pair(word) {
        return 0;
    }
    match word.chars().count() {
        4..8 => 1,
        8..=TYPO_CHARS_MAX => 2,
        _ => 0,
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook table, the naive twin.
    fn distance(a: &str, b: &str) -> usize {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let same = usize::from(a[i - 1] != b[j - 1]);
                    let mut best = (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + same);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(table[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        table[a.len()][b.len()]
    }

    #[test]
    fn a_swap_of_neighbours_is_one_error() {
        let typos = Typos::new("helath", 1, false).unwrap();
        assert_eq!(typos.errors_of("health"), Some(1));
        assert_eq!(typos.errors_of("wealth"), None);
    }

    #[test]
    fn a_beginning_matches_what_goes_on_behind_it() {
        let typos = Typos::new("kubre", 1, true).unwrap();
        assert_eq!(typos.errors_of("kubernetes"), Some(1));
    }

    #[test]
    fn errors_are_allowed_by_length_and_never_in_numbers() {
        let allowed = ["abc", "abcd", "abcdefg", "abcdefgh", "2023", "ub2252a4", "東京", "größenwahn"].map(errors_allowed);
        assert_eq!(allowed, [0, 1, 1, 2, 0, 0, 0, 2]);
    }

    proptest! {
        #[test]
        fn the_automaton_agrees_with_the_whole_table(word in "[abcä]{1,9}", other in "[abcä]{0,11}", errors in 1u8..3) {
            let expected = distance(&word, &other);
            let found = Typos::new(&word, errors, false).unwrap().errors_of(&other);
            prop_assert_eq!(found, (expected <= usize::from(errors)).then_some(expected as u8));
        }

        #[test]
        fn beginnings_agree_with_the_best_beginning(word in "[abc]{1,7}", other in "[abc]{0,9}", errors in 1u8..3) {
            let expected = (0..=other.len()).map(|end| distance(&word, &other[..end])).min().unwrap();
            let found = Typos::new(&word, errors, true).unwrap().errors_of(&other);
            prop_assert_eq!(found, (expected <= usize::from(errors)).then_some(expected as u8));
        }
    }
}
