//! The prices, as data that a host can replace.

use std::time::Duration;

use crate::model::{NanoDollars, Source, Tier};

/// All prices, and which functions are in which tier. Amounts are nano-dollars.
///
/// ```
/// use std::time::Duration;
/// use faas_core::cost::PriceBook;
/// use faas_core::model::{NanoDollars, Tier};
///
/// let mut book = PriceBook::default();
/// book.version = 2;
/// book.cold_start = NanoDollars::ZERO;
/// book.thresholds.basic.code_length = 1_000;
/// book.validate()?;
/// assert_eq!(book.tier_of("return 1", Duration::from_secs(30)), Tier::Basic);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PriceBook {
    /// The version of this book; each execution records the version it was priced with.
    pub version: u32,
    /// The cheapest tier.
    pub basic: TierPrice,
    /// The second tier.
    pub standard: TierPrice,
    /// The third tier.
    pub premium: TierPrice,
    /// The most expensive tier.
    pub enterprise: TierPrice,
    /// Which functions are in which tier.
    pub thresholds: TierThresholds,
    /// For each attempt whose isolate had to be made.
    pub cold_start: NanoDollars,
    /// Per retry.
    pub retry: NanoDollars,
    /// Per KiB of input plus output, and of the bodies of requests that code makes.
    pub data_transfer_per_kib: NanoDollars,
    /// Per scaling event.
    pub scaling_event: NanoDollars,
    /// Per MiB of code stored for an hour.
    pub storage_per_mib_hour: NanoDollars,
    /// Per millisecond of processor time, on top of the run time. Default: none, which bills only
    /// run time.
    pub price_per_cpu_ms: Option<NanoDollars>,
    /// For each key that code reads. Default: half a dollar for a million.
    pub kv_read: NanoDollars,
    /// For each key that code sets, deletes, or compares and sets. Default: 5 dollars for a million.
    pub kv_write: NanoDollars,
    /// For each page of a list of keys. Default: 5 dollars for a million.
    pub kv_list: NanoDollars,
}

/// The price and the resources of a tier.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierPrice {
    /// The display name.
    pub name: String,
    /// The description, for people.
    pub description: String,
    /// Per started 100 ms of run time.
    pub per_100ms: NanoDollars,
    /// The heap limit, in MiB.
    pub memory_mb: u32,
    /// The share of a core, in thousandths.
    pub cpu_millis: u32,
}

/// The bounds of the tiers: a function is in the cheapest tier whose bounds it meets, and in the
/// enterprise tier if it meets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TierThresholds {
    /// The bounds of the basic tier. Default: 100 characters, 60 s.
    pub basic: TierBounds,
    /// The bounds of the standard tier. Default: 5,000 characters, 60 s.
    pub standard: TierBounds,
    /// The bounds of the premium tier. Default: 10,000 characters, 120 s.
    pub premium: TierBounds,
}

/// What a function in a tier may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierBounds {
    /// The length of the code in UTF-16 code units, as JavaScript's own `length` counts.
    pub code_length: u64,
    /// The timeout in milliseconds.
    pub timeout_ms: u64,
}

impl Default for TierThresholds {
    fn default() -> Self {
        let bounds = |code_length, timeout_ms| TierBounds {
            code_length,
            timeout_ms,
        };
        Self {
            basic: bounds(100, 60_000),
            standard: bounds(5_000, 60_000),
            premium: bounds(10_000, 120_000),
        }
    }
}

impl TierThresholds {
    const fn bounded(&self) -> [(Tier, TierBounds); 3] {
        [
            (Tier::Basic, self.basic),
            (Tier::Standard, self.standard),
            (Tier::Premium, self.premium),
        ]
    }

    fn validate(&self) -> Result<(), String> {
        let mut below: Option<(Tier, TierBounds)> = None;
        for (tier, bounds) in self.bounded() {
            if let Some((cheaper, least)) = below {
                for (name, bound, least) in [
                    ("code_length", bounds.code_length, least.code_length),
                    ("timeout_ms", bounds.timeout_ms, least.timeout_ms),
                ] {
                    if bound < least {
                        return Err(format!(
                            "thresholds.{tier}.{name} is {bound}: it must be at least that of \
                             {cheaper}, {least}"
                        ));
                    }
                }
            }
            below = Some((tier, bounds));
        }
        Ok(())
    }
}

impl PriceBook {
    /// The tier of a function with this code and timeout.
    pub fn tier_of(&self, code: &str, timeout: Duration) -> Tier {
        self.tier_of_length(code.encode_utf16().count() as u64, timeout)
    }

    /// The tier of a function with this source, whose files count together, and this timeout.
    pub fn tier_of_source(&self, source: &Source, timeout: Duration) -> Tier {
        let others = source
            .modules
            .iter()
            .flat_map(|modules| modules.others.values());
        let texts = others.chain([&source.code]);
        let length = texts.map(|text| text.encode_utf16().count() as u64).sum();
        self.tier_of_length(length, timeout)
    }

    fn tier_of_length(&self, length: u64, timeout: Duration) -> Tier {
        let millis = timeout.as_nanos().div_ceil(1_000_000);
        let mut bounded = self.thresholds.bounded().into_iter();
        let fits = |bounds: &TierBounds| {
            length <= bounds.code_length && millis <= u128::from(bounds.timeout_ms)
        };
        let cheapest = bounded.find(|(_, bounds)| fits(bounds));
        cheapest.map_or(Tier::Enterprise, |(tier, _)| tier)
    }

    /// The price of `tier`.
    pub const fn tier(&self, tier: Tier) -> &TierPrice {
        match tier {
            Tier::Basic => &self.basic,
            Tier::Standard => &self.standard,
            Tier::Premium => &self.premium,
            Tier::Enterprise => &self.enterprise,
        }
    }

    /// Checks that no price is negative, that every tier has memory and a share of a processor, and
    /// that the bounds of the tiers rise.
    ///
    /// # Errors
    /// Names the invalid entry and what was expected.
    pub fn validate(&self) -> Result<(), String> {
        let factors = [
            ("cold_start", self.cold_start),
            ("retry", self.retry),
            ("data_transfer_per_kib", self.data_transfer_per_kib),
            ("scaling_event", self.scaling_event),
            ("storage_per_mib_hour", self.storage_per_mib_hour),
            (
                "price_per_cpu_ms",
                self.price_per_cpu_ms.unwrap_or(NanoDollars::ZERO),
            ),
            ("kv_read", self.kv_read),
            ("kv_write", self.kv_write),
            ("kv_list", self.kv_list),
        ];
        for (name, price) in factors {
            not_negative(name, price)?;
        }
        for tier in Tier::ALL {
            let price = self.tier(tier);
            not_negative(&format!("{tier}.per_100ms"), price.per_100ms)?;
            for (name, amount) in [
                ("memory_mb", price.memory_mb),
                ("cpu_millis", price.cpu_millis),
            ] {
                if amount == 0 {
                    return Err(format!("{tier}.{name} must be at least 1"));
                }
            }
        }
        self.thresholds.validate()
    }
}

fn not_negative(name: &str, price: NanoDollars) -> Result<(), String> {
    if price < NanoDollars::ZERO {
        return Err(format!(
            "{name} must not be negative, but is {} nano-dollars",
            price.get()
        ));
    }
    Ok(())
}

impl Default for PriceBook {
    fn default() -> Self {
        let tier = |name: &str, description: &str, per_100ms, memory_mb, cpu_millis| TierPrice {
            name: name.to_owned(),
            description: description.to_owned(),
            per_100ms: NanoDollars::new(per_100ms),
            memory_mb,
            cpu_millis,
        };
        Self {
            version: 1,
            basic: tier(
                "Basic",
                "Simple functions of up to 100 characters",
                100_000,
                128,
                100,
            ),
            standard: tier(
                "Standard",
                "Functions of up to 5,000 characters",
                300_000,
                512,
                500,
            ),
            premium: tier(
                "Premium",
                "Functions of up to 10,000 characters or a timeout above 60 seconds",
                800_000,
                1024,
                1000,
            ),
            enterprise: tier(
                "Enterprise",
                "Functions above 10,000 characters or a timeout above 120 seconds",
                2_000_000,
                2048,
                2000,
            ),
            thresholds: TierThresholds::default(),
            cold_start: NanoDollars::new(50_000),
            retry: NanoDollars::new(20_000),
            data_transfer_per_kib: NanoDollars::new(1_000),
            scaling_event: NanoDollars::new(100_000),
            storage_per_mib_hour: NanoDollars::new(100_000),
            price_per_cpu_ms: None,
            kv_read: NanoDollars::new(500),
            kv_write: NanoDollars::new(5_000),
            kv_list: NanoDollars::new(5_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_price_is_refused_with_its_name() {
        assert_eq!(PriceBook::default().validate(), Ok(()));
        let refused = |change: fn(&mut PriceBook)| {
            let mut book = PriceBook::default();
            change(&mut book);
            book.validate().unwrap_err()
        };
        let minus = NanoDollars::new(-1);
        assert_eq!(
            refused(|book| book.premium.per_100ms = NanoDollars::new(-1)),
            "premium.per_100ms must not be negative, but is -1 nano-dollars"
        );
        let factors: [fn(&mut PriceBook) -> &mut NanoDollars; 9] = [
            |book| &mut book.cold_start,
            |book| &mut book.retry,
            |book| &mut book.data_transfer_per_kib,
            |book| &mut book.scaling_event,
            |book| &mut book.storage_per_mib_hour,
            |book| book.price_per_cpu_ms.insert(NanoDollars::ZERO),
            |book| &mut book.kv_read,
            |book| &mut book.kv_write,
            |book| &mut book.kv_list,
        ];
        for factor in factors {
            let mut book = PriceBook::default();
            *factor(&mut book) = minus;
            assert!(book.validate().is_err(), "{book:?}");
        }
        assert!(refused(|book| book.basic.memory_mb = 0).contains("basic.memory_mb"));
    }

    #[test]
    fn the_tier_follows_code_length_in_utf16_units_and_timeout() {
        let book = PriceBook::default();
        let tier = |length: usize, seconds| {
            book.tier_of(&"x".repeat(length), Duration::from_secs(seconds))
        };
        assert_eq!(tier(100, 30), Tier::Basic);
        assert_eq!(tier(101, 60), Tier::Standard);
        assert_eq!(tier(5_000, 30), Tier::Standard);
        assert_eq!(tier(5_001, 30), Tier::Premium);
        assert_eq!(tier(10_000, 30), Tier::Premium);
        assert_eq!(tier(10_001, 30), Tier::Enterprise);
        assert_eq!(tier(1, 61), Tier::Premium);
        assert_eq!(tier(1, 120), Tier::Premium);
        assert_eq!(tier(1, 121), Tier::Enterprise);
        assert_eq!(tier(10_001, 61), Tier::Enterprise);
        // 😀 is two UTF-16 units and four bytes.
        assert_eq!(book.tier_of(&"😀".repeat(50), Duration::ZERO), Tier::Basic);
        assert_eq!(
            book.tier_of(&"😀".repeat(51), Duration::ZERO),
            Tier::Standard
        );
    }

    #[test]
    fn a_host_can_move_the_bounds_of_the_tiers_as_long_as_they_rise() {
        let book: PriceBook = serde_json::from_str(
            r#"{"thresholds": {"basic": {"code_length": 8, "timeout_ms": 1000}}}"#,
        )
        .unwrap();
        book.validate().unwrap();
        let second = Duration::from_secs(1);
        assert_eq!(book.tier_of("return 1", second), Tier::Basic);
        assert_eq!(book.tier_of("return 12", second), Tier::Standard);
        assert_eq!(book.tier_of("return 1", second * 2), Tier::Standard);
        let mut book = PriceBook::default();
        book.thresholds.premium.timeout_ms = 59_999;
        assert_eq!(
            book.validate().unwrap_err(),
            "thresholds.premium.timeout_ms is 59999: it must be at least that of standard, 60000"
        );
    }

    #[test]
    fn what_a_host_leaves_out_keeps_its_price_and_what_it_misspells_is_named() {
        let book: PriceBook = serde_json::from_str(r#"{"version": 7, "retry": 0}"#).unwrap();
        let expected = PriceBook {
            version: 7,
            retry: NanoDollars::ZERO,
            ..PriceBook::default()
        };
        assert_eq!(book, expected);
        let error = serde_json::from_str::<PriceBook>(r#"{"retyr": 0}"#).unwrap_err();
        assert!(error.to_string().contains("retyr"), "{error}");
    }
}
