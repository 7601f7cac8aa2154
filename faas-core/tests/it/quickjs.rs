//! The QuickJS runtime: how code is read, what it can reach, where it is stopped.

mod any_text;
mod bombs;
mod calls;
mod forms;
mod hostile;
mod rig;
mod warmth;
