//! Sums for reports, by hour; for closed hours also by day and by month ([`spans`]).
//!
//! An execution is counted in the hour in which it was accepted. Each hour with an ended execution
//! has one document in `usagehours`. Every step changes that one document:
//!
//! - **Open.** Before a store writes an ended execution, it holds the hour open for some time
//!   (`openUntil`). The store remembers the hold, so this takes one round trip every few minutes. The
//!   sums of an open hour are computed from its executions for each report.
//! - **Closed.** Once no server holds the hour open, its sums are computed from its executions and
//!   stored. If a server has opened the hour in the meantime, its revision has changed and the sums
//!   are not stored. Computing them again gives the same sums, so a crash loses nothing. A late write
//!   opens the hour again.
//! - **Expiring.** Before executions are deleted, one change adds their sums to `kept` and lists them
//!   in `expiring`. From then on their sums are in `kept`, and adding up the executions of the hour
//!   skips them. So each execution counts exactly once, even after a crash or a new computation.
//!
//! The sums of an hour are always `kept` plus the sums of its executions that are not expiring.
//!
//! A background task closes hours, oldest first, from the start of the store. A report also closes the
//! hours that it needs and adds up the executions of open hours, but at most
//! [`report_limit`](crate::MongoOptions::report_limit) executions. Beyond that, the report is
//! incomplete and a warning is logged. So a report never fails because many executions were
//! imported.

mod expire;
mod hours;
mod report;
mod spans;

pub(crate) use self::hours::Holds;
