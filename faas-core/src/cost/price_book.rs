//! The prices, as data that a host can replace.

use crate::model::{NanoDollars, Tier};

/// All prices, in nano-dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceBook {
    /// The version of this book; each execution records the version it was priced with.
    pub version: u32,
    /// Up to 100 characters of code.
    pub basic: TierPrice,
    /// Up to 5,000 characters.
    pub standard: TierPrice,
    /// Up to 10,000 characters, or a timeout above 60 s.
    pub premium: TierPrice,
    /// More than 10,000 characters, or a timeout above 120 s.
    pub enterprise: TierPrice,
    /// Per cold start.
    pub cold_start: NanoDollars,
    /// Per retry.
    pub retry: NanoDollars,
    /// Per KiB of input plus output.
    pub data_transfer_per_kib: NanoDollars,
    /// Per scaling event.
    pub scaling_event: NanoDollars,
    /// Per MiB of code stored for an hour.
    pub storage_per_mib_hour: NanoDollars,
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

impl PriceBook {
    /// Returns the price of `tier`.
    pub const fn tier(&self, tier: Tier) -> &TierPrice {
        match tier {
            Tier::Basic => &self.basic,
            Tier::Standard => &self.standard,
            Tier::Premium => &self.premium,
            Tier::Enterprise => &self.enterprise,
        }
    }

    /// Checks that no price is negative and that every tier has memory and a share of a core.
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
        Ok(())
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
            cold_start: NanoDollars::new(50_000),
            retry: NanoDollars::new(20_000),
            data_transfer_per_kib: NanoDollars::new(1_000),
            scaling_event: NanoDollars::new(100_000),
            storage_per_mib_hour: NanoDollars::new(100_000),
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
        let factors: [fn(&mut PriceBook) -> &mut NanoDollars; 5] = [
            |book| &mut book.cold_start,
            |book| &mut book.retry,
            |book| &mut book.data_transfer_per_kib,
            |book| &mut book.scaling_event,
            |book| &mut book.storage_per_mib_hour,
        ];
        for factor in factors {
            let mut book = PriceBook::default();
            *factor(&mut book) = minus;
            assert!(book.validate().is_err(), "{book:?}");
        }
        assert!(refused(|book| book.basic.memory_mb = 0).contains("basic.memory_mb"));
    }

    #[test]
    fn omitted_prices_keep_their_defaults_and_unknown_names_are_refused() {
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
