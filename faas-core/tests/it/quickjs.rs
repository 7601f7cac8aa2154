//! The QuickJS runtime: how code is read, what it can reach, where it is stopped.

mod bombs;
mod calls;
mod environment;
mod forms;
mod hostile;
mod rig;
mod warmth;
