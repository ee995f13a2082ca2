//! The random numbers of the core, for jitter. A seed makes them reproducible.

use std::time::Duration;

/// A SplitMix64 generator (Steele, Lea and Flood, 2014). For jitter only, never for secrets.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// `duration` times a random factor, uniform between 0.5 and 1.5.
    pub(crate) fn jitter(&mut self, duration: Duration) -> Duration {
        // 53 random bits fill the mantissa of a float in [0, 1).
        let fraction = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        duration.mul_f64(0.5 + fraction)
    }

    /// The delay before try number `tries` (from 0): `initial` doubled `tries` times, at most
    /// `cap`, with jitter.
    pub(crate) fn backoff(&mut self, initial: Duration, tries: u32, cap: Duration) -> Duration {
        let doubled = initial.saturating_mul(2_u32.saturating_pow(tries));
        self.jitter(doubled.min(cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_cap_with_jitter() {
        let mut random = Random::new(7);
        let (initial, cap) = (Duration::from_secs(1), Duration::from_secs(30));
        for (tries, nominal) in [(0, 1), (1, 2), (4, 16), (5, 30), (40, 30)] {
            let nominal = Duration::from_secs(nominal);
            for _ in 0..100 {
                let delay = random.backoff(initial, tries, cap);
                assert!(delay >= nominal / 2 && delay <= nominal * 3 / 2, "{delay:?} for try {tries}");
            }
        }
    }

    #[test]
    fn equal_seeds_give_equal_numbers_and_others_differ() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            [random.next(), random.next()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
