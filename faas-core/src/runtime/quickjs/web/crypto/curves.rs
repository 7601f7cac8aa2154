//! Elliptic curves: ECDSA and ECDH on P-256, P-384 and P-521, Ed25519 and X25519.
//!
//! A private key is its scalar or seed, a public key its point: uncompressed, or as RFC 8032 and RFC
//! 7748 encode it.

use ecdsa::hazmat;
use ed25519_dalek::Signer as _;
use p256::pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use p256::pkcs8::der::{Decode as _, Encode as _};
use p256::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use p256::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
    ObjectIdentifier, PrivateKeyInfoRef,
};
use rquickjs::{Object, Value};

use super::{Bytes, Hash, random_bytes};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::add;

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
    Ed25519,
    X25519,
}

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// Evaluates an expression with the crate, the curve and the hash function of a NIST curve.
macro_rules! with_nist {
    ($curve:expr, $lib:ident, $type:ident, $hash:ident => $work:expr) => {
        match $curve {
            Curve::P256 => {
                use p256 as $lib;
                type $type = p256::NistP256;
                type $hash = sha2::Sha256;
                $work
            }
            Curve::P384 => {
                use p384 as $lib;
                type $type = p384::NistP384;
                type $hash = sha2::Sha384;
                $work
            }
            Curve::P521 => {
                use p521 as $lib;
                type $type = p521::NistP521;
                type $hash = sha2::Sha512;
                $work
            }
            Curve::Ed25519 | Curve::X25519 => None,
        }
    };
}

pub(super) fn add_to(native: &Object<'_>) -> rquickjs::Result<()> {
    add(native, "curveRandom", |curve: Value<'_>| {
        Curve::named(&curve)?.random().map(Bytes)
    })?;
    add(
        native,
        "curvePublic",
        |curve: Value<'_>, private: Value<'_>| {
            let private = raw::bytes(&private)?;
            Curve::named(&curve)?.public(&private).map(Bytes)
        },
    )?;
    add(
        native,
        "curvePoint",
        |curve: Value<'_>, point: Value<'_>| {
            let point = raw::bytes(&point)?;
            Curve::named(&curve)?.point(&point).map(Bytes)
        },
    )?;
    add(
        native,
        "curveToPkcs8",
        |curve: Value<'_>, key: Value<'_>| {
            let key = raw::bytes(&key)?;
            Curve::named(&curve)?.to_pkcs8(&key).map(Bytes)
        },
    )?;
    add(
        native,
        "curveFromPkcs8",
        |curve: Value<'_>, key: Value<'_>| {
            let key = raw::bytes(&key)?;
            Curve::named(&curve)?.read_pkcs8(&key).map(Bytes)
        },
    )?;
    add(native, "curveToSpki", |curve: Value<'_>, key: Value<'_>| {
        let key = raw::bytes(&key)?;
        Curve::named(&curve)?.to_spki(&key).map(Bytes)
    })?;
    add(
        native,
        "curveFromSpki",
        |curve: Value<'_>, key: Value<'_>| {
            let key = raw::bytes(&key)?;
            Curve::named(&curve)?.read_spki(&key).map(Bytes)
        },
    )?;
    add(
        native,
        "curveSign",
        |curve: Value<'_>, hash: Value<'_>, private: Value<'_>, data: Value<'_>| {
            let (private, data) = (raw::bytes(&private)?, raw::bytes(&data)?);
            let curve = Curve::named(&curve)?;
            curve.sign(Hash::named(&hash), &private, &data).map(Bytes)
        },
    )?;
    add(
        native,
        "curveVerify",
        |curve: Value<'_>,
         hash: Value<'_>,
         public: Value<'_>,
         signature: Value<'_>,
         data: Value<'_>| {
            let (public, data) = (raw::bytes(&public)?, raw::bytes(&data)?);
            let signature = raw::bytes(&signature)?;
            let curve = Curve::named(&curve)?;
            let hash = Hash::named(&hash);
            Some(curve.verify(hash, &public, &signature, &data).is_some())
        },
    )?;
    add(
        native,
        "curveShared",
        |curve: Value<'_>, private: Value<'_>, public: Value<'_>| {
            let (private, public) = (raw::bytes(&private)?, raw::bytes(&public)?);
            Curve::named(&curve)?.shared(&private, &public).map(Bytes)
        },
    )
}

impl Curve {
    fn named(name: &Value<'_>) -> Option<Self> {
        match raw::text(name)?.as_str() {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            "Ed25519" => Some(Self::Ed25519),
            "X25519" => Some(Self::X25519),
            _ => None,
        }
    }

    /// The identifier of a curve that is not NIST's.
    const fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::Ed25519 => ED25519,
            _ => X25519,
        }
    }

    const fn is_nist(self) -> bool {
        matches!(self, Self::P256 | Self::P384 | Self::P521)
    }

    /// Returns a new private key.
    fn random(self) -> Option<Vec<u8>> {
        if !self.is_nist() {
            return random_bytes(32);
        }
        // A random number is almost always a valid scalar, but for P-521, of whose bits the first
        // seven must be zero.
        for _ in 0..1000 {
            let mut bytes = random_bytes(match self {
                Self::P256 => 32,
                Self::P384 => 48,
                _ => 66,
            })?;
            if self == Self::P521
                && let Some(first) = bytes.first_mut()
            {
                *first &= 1;
            }
            if self.public(&bytes).is_some() {
                return Some(bytes);
            }
        }
        None
    }

    /// Returns the public key of a private one; `None` if that is invalid.
    fn public(self, private: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(private.try_into().ok()?);
                Some(key.verifying_key().to_bytes().to_vec())
            }
            Self::X25519 => {
                let base = x25519_dalek::X25519_BASEPOINT_BYTES;
                Some(x25519_dalek::x25519(private.try_into().ok()?, base).to_vec())
            }
            _ => with_nist!(self, nist, C, H => {
                let _: Option<(C, H)> = None;
                let key = nist::SecretKey::from_slice(private).ok()?;
                Some(key.public_key().to_sec1_bytes().to_vec())
            }),
        }
    }

    /// Checks a public key and returns it uncompressed.
    fn point(self, point: &[u8]) -> Option<Vec<u8>> {
        if !self.is_nist() {
            return (point.len() == 32).then(|| point.to_vec());
        }
        with_nist!(self, nist, C, H => {
            let _: Option<(C, H)> = None;
            let key = nist::PublicKey::from_sec1_bytes(point).ok()?;
            Some(key.to_sec1_bytes().to_vec())
        })
    }

    fn to_pkcs8(self, private: &[u8]) -> Option<Vec<u8>> {
        if self.is_nist() {
            return with_nist!(self, nist, C, H => {
                let _: Option<(C, H)> = None;
                let key = nist::SecretKey::from_slice(private).ok()?;
                Some(key.to_pkcs8_der().ok()?.as_bytes().to_vec())
            });
        }
        let inner = OctetStringRef::new(private).ok()?.to_der().ok()?;
        let algorithm = AlgorithmIdentifierRef {
            oid: self.identifier(),
            parameters: None,
        };
        let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).ok()?);
        info.to_der().ok()
    }

    fn read_pkcs8(self, der: &[u8]) -> Option<Vec<u8>> {
        if self.is_nist() {
            return with_nist!(self, nist, C, H => {
                let _: Option<(C, H)> = None;
                let key = nist::SecretKey::from_pkcs8_der(der).ok()?;
                Some(key.to_bytes().to_vec())
            });
        }
        let info = PrivateKeyInfoRef::try_from(der).ok()?;
        if info.algorithm.oid != self.identifier() || info.algorithm.parameters.is_some() {
            return None;
        }
        let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes()).ok()?;
        (inner.as_bytes().len() == 32).then(|| inner.as_bytes().to_vec())
    }

    fn to_spki(self, public: &[u8]) -> Option<Vec<u8>> {
        if self.is_nist() {
            return with_nist!(self, nist, C, H => {
                let _: Option<(C, H)> = None;
                let key = nist::PublicKey::from_sec1_bytes(public).ok()?;
                Some(key.to_public_key_der().ok()?.as_bytes().to_vec())
            });
        }
        let info = SubjectPublicKeyInfoRef {
            algorithm: AlgorithmIdentifierRef {
                oid: self.identifier(),
                parameters: None,
            },
            subject_public_key: BitStringRef::from_bytes(public).ok()?,
        };
        info.to_der().ok()
    }

    fn read_spki(self, der: &[u8]) -> Option<Vec<u8>> {
        if self.is_nist() {
            return with_nist!(self, nist, C, H => {
                let _: Option<(C, H)> = None;
                let key = nist::PublicKey::from_public_key_der(der).ok()?;
                Some(key.to_sec1_bytes().to_vec())
            });
        }
        let info = SubjectPublicKeyInfoRef::try_from(der).ok()?;
        if info.algorithm.oid != self.identifier() || info.algorithm.parameters.is_some() {
            return None;
        }
        let key = info.subject_public_key.as_bytes()?;
        (key.len() == 32).then(|| key.to_vec())
    }

    fn sign(self, hash: Option<Hash>, private: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        if self == Self::Ed25519 {
            let key = ed25519_dalek::SigningKey::from_bytes(private.try_into().ok()?);
            return Some(key.sign(data).to_bytes().to_vec());
        }
        let digest = hash?.digest(data);
        let extra = random_bytes(32)?;
        with_nist!(self, nist, C, H => {
            let key = nist::SecretKey::from_slice(private).ok()?.to_nonzero_scalar();
            let (signature, _) = hazmat::sign_prehashed_rfc6979::<C, H>(&key, &digest, &extra);
            Some(signature.to_bytes().to_vec())
        })
    }

    /// Returns `Some` if the signature is valid.
    fn verify(
        self,
        hash: Option<Hash>,
        public: &[u8],
        signature: &[u8],
        data: &[u8],
    ) -> Option<()> {
        if self == Self::Ed25519 {
            let key = ed25519_dalek::VerifyingKey::from_bytes(public.try_into().ok()?).ok()?;
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            return key.verify_strict(data, &signature).ok();
        }
        let digest = hash?.digest(data);
        with_nist!(self, nist, C, H => {
            let _: Option<H> = None;
            let key = nist::PublicKey::from_sec1_bytes(public).ok()?;
            let signature = ecdsa::Signature::<C>::from_slice(signature).ok()?;
            hazmat::verify_prehashed::<C>(&key.to_projective(), &digest, &signature).ok()
        })
    }

    /// Returns the secret that two keys share; `None` if one of them is invalid.
    fn shared(self, private: &[u8], public: &[u8]) -> Option<Vec<u8>> {
        if self == Self::X25519 {
            let (private, public) = (private.try_into().ok()?, public.try_into().ok()?);
            let secret = x25519_dalek::x25519(private, public);
            return (secret != [0; 32]).then(|| secret.to_vec());
        }
        with_nist!(self, nist, C, H => {
            let _: Option<(C, H)> = None;
            let private = nist::SecretKey::from_slice(private).ok()?;
            let public = nist::PublicKey::from_sec1_bytes(public).ok()?;
            Some(private.diffie_hellman(&public).raw_secret_bytes().to_vec())
        })
    }
}
