//! The real binary, as a user starts it.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod running;
#[cfg(test)]
mod server;
#[cfg(test)]
mod settings;
