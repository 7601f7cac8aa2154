//! The codes of errors. They are stable: programs may compare them.

/// A rule refuses the request; the message says whose and which.
pub const REFUSED: &str = "ERR_EGRESS_REFUSED";
/// The request is not valid: its URL, its method or a header.
pub const INVALID: &str = "ERR_EGRESS_INVALID";
/// The name has no address, or no answer came in time.
pub const DNS: &str = "ERR_EGRESS_DNS";
/// No address accepts a connection.
pub const CONNECT: &str = "ERR_EGRESS_CONNECT";
/// The TLS handshake failed, for example because of the certificate.
pub const TLS: &str = "ERR_EGRESS_TLS";
/// The response did not come in time.
pub const TIMEOUT: &str = "ERR_EGRESS_TIMEOUT";
/// A limit is reached; the message says which.
pub const LIMIT: &str = "ERR_EGRESS_LIMIT";
/// The response is not valid HTTP, or its body not what it is said to be, or the connection broke.
pub const PROTOCOL: &str = "ERR_EGRESS_PROTOCOL";
/// There were too many redirects, or one that cannot be followed.
pub const REDIRECTS: &str = "ERR_EGRESS_REDIRECTS";
/// A secret that a rule names cannot be put into its header.
pub const SECRET: &str = "ERR_EGRESS_SECRET";
