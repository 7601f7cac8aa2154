//! The real binary, as a user starts it.

#[cfg(test)]
mod access;
#[cfg(test)]
mod api;
#[cfg(test)]
mod client;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod compatible;
#[cfg(test)]
mod crash;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod family;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fetch;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod http_functions;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kv;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod mongodb;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod place;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod processes;
#[cfg(test)]
mod running;
#[cfg(test)]
mod rust_client;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod server;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod waiting;
