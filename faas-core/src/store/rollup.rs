//! Which roll-ups answer a period.
//!
//! Owns one pure decision that stores share: how to cut a period into whole days, hours and minutes
//! and the parts of minutes at its ends, so that a report over a month reads some hundred rows. It
//! reads nothing itself.

use super::{Granularity, Period};
use crate::model::Timestamp;

/// The lengths of time that sums are kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// One UTC minute.
    Minute,
    /// One UTC hour.
    Hour,
    /// One UTC day.
    Day,
}

impl Grain {
    /// All of them, finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length in microseconds.
    pub const fn micros(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
            Self::Day => 86_400_000_000,
        }
    }

    /// The coarsest grain that a report in this granularity can be made of.
    pub const fn coarsest_for(granularity: Granularity) -> Self {
        match granularity {
            Granularity::Minute => Self::Minute,
            Granularity::Hour => Self::Hour,
            Granularity::Day | Granularity::Month => Self::Day,
        }
    }

    /// The start of the span that `moment` lies in.
    pub const fn floor(self, moment: Timestamp) -> Timestamp {
        let micros = moment.as_micros();
        Timestamp::from_micros(micros.saturating_sub(micros.rem_euclid(self.micros())))
    }

    /// The first start of a span at or after `moment`.
    pub const fn ceil(self, moment: Timestamp) -> Timestamp {
        let floor = self.floor(moment).as_micros();
        if floor == moment.as_micros() {
            moment
        } else {
            Timestamp::from_micros(floor.saturating_add(self.micros()))
        }
    }

    const fn finer(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::Hour => Some(Self::Minute),
            Self::Day => Some(Self::Hour),
        }
    }
}

/// What a store still knows in detail, and between which moments it knows anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The earliest `created_at` of all executions that were ever rolled up.
    pub oldest: Timestamp,
    /// The latest one.
    pub newest: Timestamp,
    /// Executions accepted before this may have expired.
    pub executions_from: Timestamp,
    /// Roll-ups of minutes before this may be gone; the start of an hour.
    pub minutes_from: Timestamp,
}

/// A part of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where the sums of this part are: in the roll-ups of this grain, or, when `None`, in the
    /// executions themselves.
    pub grain: Option<Grain>,
    /// From when until before when; whole spans of the grain.
    pub period: Period,
}

/// Cuts `period` into as few rows as possible, in ascending order, without a gap or an overlap.
///
/// No part is coarser than `coarsest`. The ends are exact, save where `known` says that the detail
/// is gone: there an end moves out to the whole minute or hour.
pub fn cover(period: Period, coarsest: Grain, known: &Known) -> Vec<Segment> {
    let mut segments = Vec::new();
    let (mut from, mut to) = (period.from, period.to);
    // Beyond all that is known nothing has to be exact, and whole spans are cheaper.
    if from <= known.oldest {
        from = coarsest.floor(known.oldest);
    }
    if to > known.newest {
        to = Timestamp::from_micros(known.newest.as_micros().saturating_add(1));
        to = coarsest.ceil(to);
    }
    if period.from >= period.to || from >= to {
        return segments;
    }
    // Executions are needed from the start of the part of a minute at either end.
    let needed = Grain::Minute.floor(to).max(from);
    (from, to) = (
        known.blur(from, from, Grain::floor),
        known.blur(to, needed, Grain::ceil),
    );
    if coarsest == Grain::Minute && from < known.minutes_from {
        let split = to.min(known.minutes_from);
        segments.push(Segment {
            grain: Some(Grain::Hour),
            period: Period { from, to: split },
        });
        from = split;
    }
    cut(Period { from, to }, Some(coarsest), &mut segments);
    segments
}

impl Known {
    /// `end`, moved out as far as the detail that it needs is gone.
    fn blur(
        &self,
        end: Timestamp,
        needed: Timestamp,
        out: fn(Grain, Timestamp) -> Timestamp,
    ) -> Timestamp {
        if end < self.minutes_from {
            out(Grain::Hour, end)
        } else if needed < self.executions_from {
            out(Grain::Minute, end)
        } else {
            end
        }
    }
}

fn cut(period: Period, grain: Option<Grain>, segments: &mut Vec<Segment>) {
    let Period { from, to } = period;
    if from >= to {
        return;
    }
    let Some(span) = grain else {
        segments.push(Segment { grain, period });
        return;
    };
    let (first, last) = (span.ceil(from), span.floor(to));
    if first >= last {
        cut(period, span.finer(), segments);
        return;
    }
    cut(Period { from, to: first }, span.finer(), segments);
    let whole = Period {
        from: first,
        to: last,
    };
    segments.push(Segment {
        grain,
        period: whole,
    });
    cut(Period { from: last, to }, span.finer(), segments);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    const DAY: i64 = Grain::Day.micros();

    fn all_known() -> Known {
        Known {
            oldest: at(0),
            newest: at(400 * DAY),
            executions_from: at(0),
            minutes_from: at(0),
        }
    }

    #[test]
    fn a_month_from_midday_to_midday_is_days_with_hours_at_the_ends() {
        let period = Period {
            from: at(10 * DAY + DAY / 2),
            to: at(40 * DAY + DAY / 2),
        };
        let grains: Vec<_> = cover(period, Grain::Day, &all_known())
            .iter()
            .map(|s| (s.grain, s.period.from.as_micros()))
            .collect();
        assert_eq!(
            grains,
            [
                (Some(Grain::Hour), 10 * DAY + DAY / 2),
                (Some(Grain::Day), 11 * DAY),
                (Some(Grain::Hour), 40 * DAY),
            ]
        );
    }

    #[test]
    fn all_time_is_days_only() {
        let segments = cover(Period::ALL, Grain::Day, &all_known());
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0].grain, Some(Grain::Day));
    }

    #[test]
    fn an_end_whose_executions_expired_moves_out_to_the_minute_and_further_back_to_the_hour() {
        let known = Known {
            executions_from: at(20 * DAY + 90_000_000),
            minutes_from: at(20 * DAY),
            ..all_known()
        };
        let of = |from, to| {
            let segments = cover(
                Period {
                    from: at(from),
                    to: at(to),
                },
                Grain::Day,
                &known,
            );
            assert!(segments.iter().all(|s| s.grain.is_some()));
            let (first, last) = (segments[0], segments[segments.len() - 1]);
            (first.period.from.as_micros(), last.period.to.as_micros())
        };
        assert_eq!(
            of(20 * DAY + 1, 20 * DAY + 2),
            (20 * DAY, 20 * DAY + Grain::Minute.micros())
        );
        let hour = Grain::Hour.micros();
        assert_eq!(
            of(19 * DAY + 1, 19 * DAY + hour + 1),
            (19 * DAY, 19 * DAY + 2 * hour)
        );
    }

    proptest! {
        #[test]
        fn the_parts_make_up_the_period_without_gap_or_overlap(
            from in 0..400 * DAY, length in 1..90 * DAY, coarsest in 0..3_usize,
        ) {
            let period = Period { from: at(from), to: at(from + length) };
            let coarsest = Grain::ALL[coarsest];
            let mut next = period.from;
            for segment in cover(period, coarsest, &Known { newest: at(i64::MAX - 1), ..all_known() }) {
                if from > 0 {
                    prop_assert_eq!(segment.period.from, next);
                }
                next = segment.period.to;
                if let Some(grain) = segment.grain {
                    prop_assert!(grain <= coarsest);
                    prop_assert_eq!(grain.floor(segment.period.from), segment.period.from);
                    prop_assert_eq!(grain.floor(next), next);
                } else {
                    prop_assert!(segment.period.to.since(segment.period.from) < std::time::Duration::from_secs(60));
                }
            }
            prop_assert_eq!(next, period.to);
        }
    }
}
