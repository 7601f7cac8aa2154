//! Reading single members: numbers with their units, texts, and `null` for "the default".

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use faas_core::secrets::SecretText;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// A value as it is: `null` counts as present, and is refused where `T` is not null.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number, however it is written: `30000`, `3e4`, `30000.0`.
struct Whole<T> {
    /// For messages: ` of milliseconds`.
    unit: &'static str,
    number: PhantomData<T>,
}

impl<T> Whole<T> {
    const fn new(unit: &'static str) -> Self {
        Self {
            unit,
            number: PhantomData,
        }
    }
}

impl<'de, T: TryFrom<u64>> Visitor<'de> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number{} that is not negative", self.unit)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        /// Up to here a float holds every whole number.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let exact = number.fract() == 0.0 && (0.0..=EXACT).contains(&number);
        if exact {
            self.visit_u64(number as u64)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Err(E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// A finite number.
struct Number {
    expected: &'static str,
    above: f64,
    most: f64,
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what is above 2^53 is out of range"
    )]
    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        self.visit_f64(number as f64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what is below -2^53 is out of range"
    )]
    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        if number > self.above && number <= self.most {
            Ok(number)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        Err(E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// `None` for `null`, else what `V` reads.
struct OrNull<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for OrNull<V> {
    type Value = Option<V::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_f64(self.0).map(Some)
    }
}

/// A whole number; `Some(None)` for `null`, which stands for the default.
pub(crate) fn whole_or_default<'de, D: Deserializer<'de>, T: TryFrom<u64>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    deserializer
        .deserialize_option(OrNull(Whole::new("")))
        .map(Some)
}

/// Milliseconds; `Some(None)` for `null`, which stands for the default.
pub(crate) fn millis_or_default<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<u64>>, D::Error> {
    let visitor = OrNull(Whole::new(" of milliseconds"));
    deserializer.deserialize_option(visitor).map(Some)
}

/// A whole number; `null` counts as absent.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    deserializer.deserialize_option(OrNull(Whole::new("")))
}

/// Whole seconds; `null` counts as absent.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_option(OrNull(Whole::new(" of seconds")))
}

/// A whole number that must be there.
pub(crate) fn required_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_u64(Whole::new(""))
}

/// Any finite number; `null` counts as absent.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_option(OrNull(Number {
        expected: "a number",
        above: f64::NEG_INFINITY,
        most: f64::MAX,
    }))
}

/// Milliseconds above 0 and at most a day, with decimals; `null` counts as absent.
pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_option(OrNull(Number {
        expected: "a number of milliseconds above 0 and at most 86400000",
        above: 0.0,
        most: 86_400_000.0,
    }))
}

/// Secrets by name; `None` removes one. Answers list secrets as an array of names: an array like
/// that, sent back as it was read, changes nothing.
pub(crate) fn secrets<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Option<SecretText>>, D::Error> {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(rename = "name")]
        _name: String,
        #[serde(default, rename = "setAt")]
        _set_at: IgnoredAny,
    }

    struct Secrets;

    impl<'de> Visitor<'de> for Secrets {
        type Value = BTreeMap<String, Option<SecretText>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut secrets = BTreeMap::new();
            while let Some((name, text)) = members.next_entry::<String, Option<String>>()? {
                secrets.insert(name, text.map(SecretText::from));
            }
            Ok(secrets)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while let Some(Listed { .. }) = items.next_element()? {}
            Ok(BTreeMap::new())
        }
    }

    deserializer.deserialize_any(Secrets)
}

/// Writes secrets in the clear, for a client that sends them.
pub(crate) fn expose<S: Serializer>(
    secrets: &BTreeMap<String, Option<SecretText>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(secrets.len()))?;
    for (name, text) in secrets {
        map.serialize_entry(name, &text.as_ref().map(SecretText::expose))?;
    }
    map.end()
}

/// Whether a number need not be written.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(crate) const fn is_zero(number: &i8) -> bool {
    *number == 0
}

/// Whether a member need not be written.
pub(crate) fn is_empty<T>(map: &BTreeMap<String, T>) -> bool {
    map.is_empty()
}

/// A map; `null` counts as empty.
pub(crate) fn map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Accepts any value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Serialize for Ignored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
