//! Isolates in child processes of their own.

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "the zygote and its children, which use it, are to come"
    )
)]
mod sandbox;
