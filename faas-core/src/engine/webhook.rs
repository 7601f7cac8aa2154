//! Signatures of webhooks, as the specification "Standard Webhooks" says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secrets::SecretText;

/// What a signing secret begins with.
const PREFIX: &str = "whsec_";

/// The value of the header `webhook-signature`: `v1,` and HMAC-SHA256 over id, time and body in Base64.
///
/// # Errors
/// When the secret is not `whsec_` and Base64 of 24 to 64 bytes. The text does not contain it.
pub(super) fn sign(
    secret: &SecretText,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<String, String> {
    let wrong = || format!("expected {PREFIX} and Base64 of 24 to 64 bytes");
    let encoded = secret.expose().strip_prefix(PREFIX).ok_or_else(wrong)?;
    let key = STANDARD.decode(encoded).map_err(|_| wrong())?;
    let key = zeroize::Zeroizing::new(key);
    if !(24..=64).contains(&key.len()) {
        return Err(wrong());
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| wrong())?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("v1,{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_the_signature_of_the_specification() {
        // The example of the specification's reference libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
        let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let signature = sign(&secret, id, time, br#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature.as_deref(), Ok(expected));
    }

    #[test]
    fn a_secret_of_another_form_is_refused_without_showing_it() {
        for wrong in [
            "",
            "whsec_",
            "whsec_***",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            let error = sign(&wrong.into(), "id", "1", b"{}").unwrap_err();
            assert!(error.starts_with("expected whsec_"));
            assert!(wrong.len() < 10 || !error.contains(wrong));
        }
    }
}
