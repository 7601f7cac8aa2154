//! The real binary, as a user starts it.

#[cfg(test)]
mod client;
#[cfg(test)]
mod compatible;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod running;
#[cfg(test)]
mod server;
#[cfg(test)]
mod settings;
