//! The three functions of the host: a calendar that code can read and add to, and the price of a trip.

use std::collections::BTreeMap;
use std::sync::Arc;

use faas_core::bindings::{Binding, HostCall};
use faas_core::runtime::HostError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// A day and what happens on it.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Entry {
    /// The day, such as `2026-03-14`.
    day: String,
    /// What happens.
    title: String,
}

/// A period.
#[derive(Deserialize, JsonSchema)]
struct Days {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
}

/// A trip.
#[derive(Deserialize, JsonSchema)]
struct Trip {
    /// The destination: Paris, Rome or Oslo.
    to: String,
    /// How many people travel.
    travellers: u32,
}

/// The titles of the days that have one.
pub(crate) type Calendar = Arc<Mutex<BTreeMap<String, String>>>;

/// A calendar with two entries.
pub(crate) fn calendar() -> Calendar {
    let entries = [("2026-03-13", "Board meeting"), ("2026-03-16", "Dentist")];
    let entries = entries.map(|(day, title)| (day.to_owned(), title.to_owned()));
    Arc::new(Mutex::new(entries.into()))
}

/// The binding `agent`: all that the code can reach.
pub(crate) fn agent(calendar: &Calendar) -> Binding {
    let (read, written) = (calendar.clone(), calendar.clone());
    Binding::new("agent")
        .function("entries", move |_: HostCall, days: Days| {
            let calendar = read.clone();
            async move { Ok(entries(&*calendar.lock().await, days)) }
        })
        .function("addEntry", move |_: HostCall, entry: Entry| {
            let calendar = written.clone();
            async move { add(&mut *calendar.lock().await, entry) }
        })
        .function(
            "price",
            |_: HostCall, trip: Trip| async move { price(&trip) },
        )
}

fn entries(calendar: &BTreeMap<String, String>, days: Days) -> Vec<Entry> {
    if days.from > days.to {
        return Vec::new();
    }
    let found = calendar.range(days.from..=days.to);
    let entry = |(day, title): (&String, &String)| Entry {
        day: day.clone(),
        title: title.clone(),
    };
    found.map(entry).collect()
}

fn add(calendar: &mut BTreeMap<String, String>, entry: Entry) -> Result<(), HostError> {
    if let Some(taken) = calendar.get(&entry.day) {
        let text = format!("{} is taken: {taken}", entry.day);
        return Err(HostError::new("DAY_TAKEN", text));
    }
    calendar.insert(entry.day, entry.title);
    Ok(())
}

/// In euros.
fn price(trip: &Trip) -> Result<u32, HostError> {
    let each = match trip.to.as_str() {
        "Paris" => 120,
        "Rome" => 180,
        "Oslo" => 210,
        other => {
            let text = format!("there are no trips to {other}");
            return Err(HostError::new("UNKNOWN_DESTINATION", text));
        }
    };
    Ok(trip.travellers.saturating_mul(each))
}
