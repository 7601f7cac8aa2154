//! Sums for reports, hour by hour; and of closed hours, day by day and month by month ([`spans`]).
//!
//! An hour is where an execution is counted: the one that it was accepted in. Each hour that ever had
//! an ended execution has one document in `usagehours`, and all that happens to it is a change of that
//! one document:
//!
//! - **Open.** Before a store writes an ended execution, it holds the hour open for a while to come
//!   (`openUntil`); one round trip every few minutes, since the hold is remembered. The sums of an
//!   open hour are made from its executions whenever they are asked for.
//! - **Closed.** Once nobody holds it open, the hour's sums are made from its executions and stored.
//!   Should somebody have begun to hold it open in the meantime, the revision has changed and the
//!   sums are not stored. Making them again gives the same, so a crash in between loses nothing. A
//!   late write opens the hour again.
//! - **Expiring.** Before executions are deleted, one change adds their sums to those `kept` and names
//!   them as `expiring`. From then on they are counted there, and are left out where the hour's
//!   executions are added up, so that neither a crash in the middle nor sums made again later count
//!   them twice or never.
//!
//! The hour's sums are thus always `kept` plus those of its executions that are not expiring.
//!
//! Hours are closed in the background, oldest first, from the start of the store on. A report also
//! closes hours that it needs, and adds up the executions of open ones, but no more executions than
//! [`report_limit`](crate::MongoOptions::report_limit): beyond that it is made of what it has, and a
//! warning is logged. So a report never fails because many executions were imported.

mod expire;
mod hours;
mod report;
mod spans;

pub(crate) use self::hours::Holds;
