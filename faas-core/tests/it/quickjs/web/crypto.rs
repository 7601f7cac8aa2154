use faas_core::model::FailureKind;
use serde_json::json;

use super::{Rig, assert_throws};

/// What the cases below use.
const TOOLS: &str = "\
const { subtle } = crypto; \
const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join(''); \
const bytes = (text) => new Uint8Array((text.match(/../g) ?? []).map((b) => parseInt(b, 16))); \
const utf8 = (text) => new TextEncoder().encode(text); \
const secret = (name, key, usages, more) => subtle.importKey('raw', key, { name, ...more }, true, usages); \
const name = (promise) => promise.then(() => 'nothing', (error) => error.name); ";

fn assert_values(cases: &[(&str, serde_json::Value)]) {
    let cases: Vec<_> = cases
        .iter()
        .map(|(source, expected)| (format!("{TOOLS}{source}"), expected.clone()))
        .collect();
    let cases: Vec<_> = cases
        .iter()
        .map(|(source, expected)| (source.as_str(), expected.clone()))
        .collect();
    super::assert_values(&cases);
}

#[test]
fn random_values_fill_typed_arrays_of_integers() {
    assert_values(&[
        (
            "const a = new Uint32Array(16384); const b = crypto.getRandomValues(a); \
             return [a === b, new Set(a).size > 16000, crypto.getRandomValues(new BigInt64Array(2)).length, \
                crypto.getRandomValues(new Uint8Array(0)).length]",
            json!([true, true, 2, 0]),
        ),
        (
            "const buffer = new ArrayBuffer(32); crypto.getRandomValues(new Int16Array(buffer, 8, 8)); \
             const b = new Uint8Array(buffer); \
             return [b.slice(0, 8).some(Boolean), b.slice(8, 24).some(Boolean), b.slice(24).some(Boolean)]",
            json!([false, true, false]),
        ),
        (
            "return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/\
                .test(crypto.randomUUID()), crypto.randomUUID() === crypto.randomUUID()]",
            json!([true, false]),
        ),
    ]);
    assert_throws(&[
        (
            "crypto.getRandomValues(new Uint8Array(65537))",
            "QuotaExceededError",
        ),
        (
            "crypto.getRandomValues(new Float32Array(1))",
            "TypeMismatchError",
        ),
        (
            "crypto.getRandomValues(new DataView(new ArrayBuffer(1)))",
            "TypeMismatchError",
        ),
        ("crypto.getRandomValues([1])", "TypeError"),
        ("crypto.getRandomValues()", "TypeError"),
        ("Crypto.prototype.randomUUID.call({})", "TypeError"),
        ("new Crypto()", "TypeError"),
        ("new SubtleCrypto()", "TypeError"),
        ("new CryptoKey()", "TypeError"),
    ]);
}

#[test]
fn instances_of_a_function_have_random_numbers_of_their_own() {
    let rig = Rig::new();
    let source = "return crypto.randomUUID()";
    assert_ne!(rig.value(source, "{}"), rig.value(source, "{}"));
}

/// FIPS 180-4, RFC 4231, RFC 6070 (with SHA-256: RFC 7914), RFC 5869.
#[test]
fn digests_and_derived_bits_are_those_of_the_standards() {
    assert_values(&[
        (
            "return Promise.all(['sha-1', 'SHA-256', { name: 'sha-384' }, 'Sha-512']\
                .map(async (name) => hex(await subtle.digest(name, utf8('abc')))))",
            json!([
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ]),
        ),
        (
            "const key = await secret('HMAC', utf8('Jefe'), ['sign', 'verify'], { hash: 'SHA-256' }); \
             const data = utf8('what do ya want for nothing?'); const mac = await subtle.sign('HMAC', key, data); \
             return [hex(mac), await subtle.verify('hmac', key, mac, data), await subtle.verify('HMAC', key, mac.slice(1), data), \
                key.algorithm]",
            json!([
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                true,
                false,
                {"name": "HMAC", "hash": {"name": "SHA-256"}, "length": 32}
            ]),
        ),
        (
            "const key = await subtle.importKey('raw', utf8('passwd'), 'PBKDF2', false, ['deriveBits']); \
             return hex(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf8('salt'), iterations: 1 }, key, 512))",
            json!(
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
            ),
        ),
        (
            "const key = await subtle.importKey('raw', bytes('0b'.repeat(22)), 'HKDF', false, ['deriveBits']); \
             return hex(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: bytes('000102030405060708090a0b0c'), \
                info: bytes('f0f1f2f3f4f5f6f7f8f9') }, key, 336))",
            json!(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
        ),
    ]);
}

/// NIST SP 800-38A and 38D, RFC 3394.
#[test]
fn aes_is_that_of_the_standards() {
    assert_values(&[
        (
            "const key = await secret('AES-CBC', bytes('2b7e151628aed2a6abf7158809cf4f3c'), ['encrypt', 'decrypt']); \
             const algorithm = { name: 'AES-CBC', iv: bytes('000102030405060708090a0b0c0d0e0f') }; \
             const sealed = await subtle.encrypt(algorithm, key, bytes('6bc1bee22e409f96e93d7e117393172a')); \
             return [hex(sealed).slice(0, 32), sealed.byteLength, hex(await subtle.decrypt(algorithm, key, sealed)), \
                await name(subtle.decrypt(algorithm, key, sealed.slice(1)))]",
            json!([
                "7649abac8119b246cee98e9b12e9197d",
                32,
                "6bc1bee22e409f96e93d7e117393172a",
                "OperationError"
            ]),
        ),
        (
            "const key = await secret('AES-CTR', bytes('2b7e151628aed2a6abf7158809cf4f3c'), ['encrypt']); \
             const counter = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'); \
             const run = async (length, data) => hex(await subtle.encrypt({ name: 'AES-CTR', counter, length }, key, data)); \
             const zeros = await run(4, new Uint8Array(32)); \
             const wrapped = hex(await subtle.encrypt({ name: 'AES-CTR', counter: bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfef0'), length: 64 }, key, new Uint8Array(16))); \
             return [await run(64, bytes('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51')), zeros.slice(32) === wrapped, \
                await name(run(4, new Uint8Array(257))), await name(run(0, new Uint8Array(1)))]",
            json!([
                "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
                true,
                "OperationError",
                "OperationError"
            ]),
        ),
        (
            "const key = await secret('AES-GCM', bytes('feffe9928665731c6d6a8f9467308308'), ['encrypt', 'decrypt']); \
             const plain = bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'); \
             const additionalData = bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2'); \
             const run = async (iv) => { \
                const algorithm = { name: 'AES-GCM', iv: bytes(iv), additionalData }; \
                const sealed = await subtle.encrypt(algorithm, key, plain); \
                const opened = await subtle.decrypt(algorithm, key, sealed); \
                return [hex(sealed).slice(-32), hex(opened) === hex(plain), await name(subtle.decrypt({ name: 'AES-GCM', iv: bytes(iv) }, key, sealed))] }; \
             return [await run('cafebabefacedbaddecaf888'), await run('cafebabefacedbad')]",
            json!([
                ["5bc94fbc3221a5db94fae95ae7121a47", true, "OperationError"],
                ["3612d2e79e3b0785561be14aaca2fccb", true, "OperationError"]
            ]),
        ),
        (
            "const key = await secret('AES-KW', bytes('000102030405060708090a0b0c0d0e0f'), ['wrapKey', 'unwrapKey']); \
             const inner = await secret('AES-CBC', bytes('00112233445566778899aabbccddeeff'), ['encrypt']); \
             const wrapped = await subtle.wrapKey('raw', inner, key, 'AES-KW'); \
             const unwrapped = await subtle.unwrapKey('raw', wrapped, key, 'AES-KW', 'AES-GCM', true, ['decrypt']); \
             return [hex(wrapped), hex(await subtle.exportKey('raw', unwrapped)), unwrapped.algorithm, unwrapped.usages, \
                await name(subtle.unwrapKey('raw', wrapped.slice(8), key, 'AES-KW', 'AES-GCM', true, ['decrypt']))]",
            json!([
                "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
                "00112233445566778899aabbccddeeff",
                {"name": "AES-GCM", "length": 128},
                ["decrypt"],
                "OperationError"
            ]),
        ),
    ]);
}

/// RFC 8032, RFC 7748, RFC 6979.
#[test]
fn elliptic_curves_are_those_of_the_standards() {
    assert_values(&[
        (
            "const d = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'); \
             const key = await subtle.importKey('pkcs8', bytes('302e020100300506032b657004220420' + hex(d)), 'Ed25519', true, ['sign']); \
             const jwk = await subtle.exportKey('jwk', key); \
             const open = await subtle.importKey('jwk', { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, 'Ed25519', true, ['verify']); \
             const signature = await subtle.sign('Ed25519', key, utf8('')); \
             return [hex(signature), await subtle.verify('Ed25519', open, signature, utf8('')), \
                await subtle.verify('Ed25519', open, signature, utf8('x')), hex(await subtle.exportKey('raw', open)), \
                hex(await subtle.exportKey('pkcs8', key)).slice(0, 32)]",
            json!([
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
                true,
                false,
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "302e020100300506032b657004220420"
            ]),
        ),
        (
            "const key = await subtle.importKey('pkcs8', bytes('302e020100300506032b656e04220420' + '09' + '00'.repeat(31)), \
                'X25519', false, ['deriveBits']); \
             const other = await subtle.importKey('raw', bytes('09' + '00'.repeat(31)), 'X25519', true, []); \
             const zero = await subtle.importKey('raw', new Uint8Array(32), 'X25519', true, []); \
             return [hex(await subtle.deriveBits({ name: 'X25519', public: other }, key, null)), \
                await name(subtle.deriveBits({ name: 'X25519', public: zero }, key, null))]",
            json!([
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
                "OperationError"
            ]),
        ),
        (
            "const seen = []; \
             for (const [namedCurve, size] of [['P-256', 32], ['P-384', 48], ['P-521', 66]]) for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) { \
                const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']); \
                const forms = []; \
                for (const format of ['pkcs8', 'jwk']) forms.push(await subtle.importKey(format, await subtle.exportKey(format, privateKey), \
                    { name: 'ECDSA', namedCurve }, true, ['sign'])); \
                const open = []; \
                for (const format of ['raw', 'spki', 'jwk']) open.push(await subtle.importKey(format, await subtle.exportKey(format, publicKey), \
                    { name: 'ECDSA', namedCurve }, true, ['verify'])); \
                for (const key of forms) { \
                    const signature = await subtle.sign({ name: 'ECDSA', hash }, key, utf8('sample')); \
                    for (const other of open) seen.push(signature.byteLength === 2 * size \
                        && await subtle.verify({ name: 'ECDSA', hash }, other, signature, utf8('sample')) \
                        && !await subtle.verify({ name: 'ECDSA', hash }, other, signature, utf8('other')) \
                        && !await subtle.verify({ name: 'ECDSA', hash }, other, signature.slice(1), utf8('sample'))) } } \
             return [seen.length, seen.every(Boolean)]",
            json!([72, true]),
        ),
        (
            "const jwk = { kty: 'EC', crv: 'P-256', x: 'YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y', y: 'eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk' }; \
             const key = await subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']); \
             const signature = bytes('efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'); \
             return [await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, utf8('sample')), \
                await name(subtle.importKey('jwk', { ...jwk, y: jwk.x }, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])), \
                await name(subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-384' }, true, ['verify']))]",
            json!([true, "DataError", "DataError"]),
        ),
        (
            "const make = () => subtle.generateKey({ name: 'ECDH', namedCurve: 'P-384' }, false, ['deriveKey', 'deriveBits']); \
             const a = await make(), b = await make(); \
             const derive = async (x, y) => hex(await subtle.deriveBits({ name: 'ECDH', public: y.publicKey }, x.privateKey, 380)); \
             const first = await derive(a, b); \
             const key = await subtle.deriveKey({ name: 'ECDH', public: b.publicKey }, a.privateKey, { name: 'AES-GCM', length: 256 }, true, ['encrypt']); \
             return [first === await derive(b, a), first.length, first.endsWith('0'), key.algorithm.length, a.publicKey.extractable, \
                await name(subtle.exportKey('pkcs8', a.privateKey))]",
            json!([true, 96, true, 256, true, "InvalidAccessError"]),
        ),
    ]);
}

#[test]
fn rsa_keys_sign_and_encrypt_in_every_form() {
    assert_values(&[(
        "const seen = []; \
         for (const [algorithm, usages, parameters] of [['RSASSA-PKCS1-v1_5', ['sign', 'verify'], {}], ['RSA-PSS', ['sign', 'verify'], { saltLength: 20 }], \
            ['RSA-OAEP', ['encrypt', 'decrypt'], { label: utf8('l') }]]) { \
            const full = { name: algorithm, hash: 'SHA-256' }; \
            const { privateKey, publicKey } = await subtle.generateKey({ ...full, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, true, usages); \
            seen.push(publicKey.algorithm.modulusLength, hex(publicKey.algorithm.publicExponent), publicKey.usages, privateKey.usages); \
            const forms = [], open = []; \
            for (const format of ['pkcs8', 'jwk']) forms.push(await subtle.importKey(format, await subtle.exportKey(format, privateKey), full, true, privateKey.usages)); \
            for (const format of ['spki', 'jwk']) open.push(await subtle.importKey(format, await subtle.exportKey(format, publicKey), full, true, publicKey.usages)); \
            const used = { name: algorithm, ...parameters }, data = utf8('data'); let good = 0; \
            for (const key of forms) for (const other of open) { \
                if (algorithm === 'RSA-OAEP') { \
                    const sealed = await subtle.encrypt(used, other, data); \
                    good += hex(await subtle.decrypt(used, key, sealed)) === hex(data); \
                    good += await name(subtle.decrypt({ name: algorithm }, key, sealed)) === 'OperationError'; \
                    good += await name(subtle.encrypt(used, other, new Uint8Array(100))) === 'OperationError' } \
                else { const signature = await subtle.sign(used, key, data); \
                    good += await subtle.verify(used, other, signature, data); \
                    good += !await subtle.verify(used, other, signature, utf8('x')); \
                    good += !await subtle.verify(used, other, signature.slice(1), data) } } \
            seen.push(good) } \
         return seen",
        json!([
            1024,
            "010001",
            ["verify"],
            ["sign"],
            12,
            1024,
            "010001",
            ["verify"],
            ["sign"],
            12,
            1024,
            "010001",
            ["encrypt"],
            ["decrypt"],
            12
        ]),
    )]);
}

#[test]
fn what_is_not_allowed_has_the_name_of_the_standard() {
    let rsa = "{ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([3]) }";
    for (expression, expected) in [
        ("subtle.digest('MD5', utf8(''))", "NotSupportedError"),
        ("subtle.digest('SHA-256', 'text')", "TypeError"),
        ("subtle.digest('SHA-256')", "TypeError"),
        (
            "SubtleCrypto.prototype.digest.call({}, 'SHA-1', utf8(''))",
            "TypeError",
        ),
        ("subtle.generateKey('AES-GCM', true, [])", "TypeError"),
        (
            "subtle.generateKey({ name: 'AES-GCM', length: 64 }, true, ['encrypt'])",
            "OperationError",
        ),
        (
            "subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, [])",
            "SyntaxError",
        ),
        (
            "subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['sign'])",
            "SyntaxError",
        ),
        (
            "subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['fly'])",
            "TypeError",
        ),
        (
            "subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign'])",
            "NotSupportedError",
        ),
        (
            "subtle.generateKey({ name: 'HMAC', hash: 'SHA-1', length: 0 }, true, ['sign'])",
            "OperationError",
        ),
        (
            "subtle.importKey('raw', new Uint8Array(15), 'AES-CBC', true, ['encrypt'])",
            "DataError",
        ),
        (
            "subtle.importKey('raw', new Uint8Array(0), { name: 'HMAC', hash: 'SHA-1' }, true, ['sign'])",
            "DataError",
        ),
        (
            "subtle.importKey('spki', new Uint8Array(16), 'AES-CBC', true, ['encrypt'])",
            "NotSupportedError",
        ),
        (
            "subtle.importKey('nonsense', new Uint8Array(16), 'AES-CBC', true, ['encrypt'])",
            "TypeError",
        ),
        (
            "subtle.importKey('jwk', { kty: 'oct', k: 'AA==' }, 'AES-CBC', true, ['encrypt'])",
            "DataError",
        ),
        (
            "subtle.importKey('jwk', { kty: 'EC', k: 'AA' }, 'AES-CBC', true, ['encrypt'])",
            "DataError",
        ),
        (
            "subtle.importKey('raw', new Uint8Array(1), 'PBKDF2', true, ['deriveBits'])",
            "SyntaxError",
        ),
        (
            "subtle.importKey('pkcs8', new Uint8Array(9), { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])",
            "DataError",
        ),
        (
            "subtle.importKey('pkcs8', new Uint8Array(9), { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['sign'])",
            "DataError",
        ),
        ("subtle.sign('HMAC', {}, utf8(''))", "TypeError"),
        (
            "secret('HMAC', utf8('k'), ['verify'], { hash: 'SHA-1' }).then((key) => subtle.sign('HMAC', key, utf8('')))",
            "InvalidAccessError",
        ),
        (
            "secret('AES-CBC', new Uint8Array(16), ['encrypt']).then((key) => subtle.encrypt({ name: 'AES-GCM', iv: utf8('') }, key, utf8('')))",
            "InvalidAccessError",
        ),
        (
            "secret('AES-CBC', new Uint8Array(16), ['encrypt']).then((key) => subtle.encrypt({ name: 'AES-CBC', iv: utf8('') }, key, utf8('')))",
            "OperationError",
        ),
    ] {
        assert_values(&[(&format!("return name({expression})"), json!(expected))]);
    }
    let huge = rsa.replace("2048", "16384");
    let even = rsa.replace("[3]", "[2]");
    for algorithm in [huge, even] {
        let source = format!("return name(subtle.generateKey({algorithm}, true, ['sign']))");
        assert_values(&[(&source, json!("OperationError"))]);
    }
}

#[test]
fn a_long_derivation_ends_at_the_deadline_of_the_call() {
    let mut rig = Rig::new();
    rig.limits.timeout = std::time::Duration::from_millis(300);
    let failure = rig.failure(&format!(
        "{TOOLS}const key = await subtle.importKey('raw', utf8('p'), 'PBKDF2', false, ['deriveBits']); \
         await subtle.deriveBits({{ name: 'PBKDF2', hash: 'SHA-512', salt: utf8('s'), iterations: 4e9 }}, key, 256)"
    ));
    assert_eq!(failure.kind, FailureKind::Timeout, "{failure:?}");
}
