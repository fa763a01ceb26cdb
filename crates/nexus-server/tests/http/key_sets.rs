//! Issuers with a set of keys (JWKS): tokens choose by `kid`, and keys can be rotated.

use crate::credentials::{claims, ed25519, rsa};
use crate::harness::{Server, check};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use nexus_server::auth::jwt::JwtIssuers;
use nexus_server::config::{Config, ConfigFault};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A key of a set, under a name, and what signs with it.
fn named(kid: &str) -> (EncodingKey, Value) {
    let (key, pem) = ed25519();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).unwrap();
    // The raw key is what follows the header of 12 bytes.
    let x = URL_SAFE_NO_PAD.encode(&der[12..]);
    (key, json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}))
}

fn token(key: &EncodingKey, kid: Option<&str>) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::EdDSA) };
    encode(&header, &claims(json!({})), key).unwrap()
}

fn config(folder: &Path, place: &str) -> Result<JwtIssuers, ConfigFault> {
    let path = folder.join("nexus.toml");
    let text = format!(
        "[[jwt.issuer]]\nissuer = 'site'\naudience = 'nexus'\nalgorithm = 'EdDSA'\n{place}\nkind = 'learner'\n"
    );
    std::fs::write(&path, text).unwrap();
    Config::read(&path)?.issuers()
}

fn ask(server: &Server, token: &str) -> RequestBuilder {
    let body = json!({"learner": "ada", "course": "sums"});
    server.bare(Method::POST, "/v1/decisions").bearer_auth(token).json(&body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_chooses_from_the_set_and_keys_rotate() {
    let folder = tempfile::tempdir().unwrap();
    let ((old, old_key), (new, new_key)) = (named("2026-10"), named("2026-11"));
    let write = |keys: Value| {
        std::fs::write(folder.path().join("jwks.json"), json!({"keys": keys}).to_string()).unwrap();
    };
    // Keys of other kinds and for other purposes are none of ours.
    let strange = json!({"kty": "XYZ", "kid": "2026-11"});
    let mut encrypts = new_key.clone();
    encrypts["use"] = json!("enc");
    write(json!([strange, encrypts, old_key]));
    let issuers = config(folder.path(), "jwks_file = 'jwks.json'").unwrap();
    let set = Arc::clone(issuers.key_sets().next().unwrap());
    let server = Server::start_with(issuers).await;
    server.publish().await;
    let with = |key: &EncodingKey, kid: Option<&str>| ask(&server, &token(key, kid));
    assert_eq!(with(&old, Some("2026-10")).send().await.unwrap().status(), 200);
    assert_eq!(with(&old, None).send().await.unwrap().status(), 200, "it is the only one");
    let early = check(with(&new, Some("2026-11")), 401, "bad_credential").await;
    assert!(early["detail"].as_str().unwrap().contains("rotation"), "{early}");
    let forged = check(with(&new, Some("2026-10")), 401, "bad_credential").await;
    assert!(forged["detail"].as_str().unwrap().contains("signature"), "{forged}");

    write(json!([old_key, new_key]));
    set.read(&Client::new()).await.unwrap();
    assert_eq!(with(&new, Some("2026-11")).send().await.unwrap().status(), 200);
    assert_eq!(with(&old, Some("2026-10")).send().await.unwrap().status(), 200);
    let unnamed = check(with(&new, None), 401, "bad_credential").await;
    assert!(unnamed["detail"].as_str().unwrap().contains("kid"), "{unnamed}");

    write(json!([new_key]));
    set.read(&Client::new()).await.unwrap();
    check(with(&old, Some("2026-10")), 401, "bad_credential").await;
    // A file that is broken in the middle of a change takes no key away.
    std::fs::write(folder.path().join("jwks.json"), "{\"keys\": [").unwrap();
    assert!(set.read(&Client::new()).await.is_err());
    assert_eq!(with(&new, Some("2026-11")).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_is_fetched_from_the_configured_address() {
    let (key, public) = named("k1");
    let set = Arc::new(Mutex::new(json!({"keys": []})));
    let shown = Arc::clone(&set);
    let answer = move || {
        let text = shown.lock().unwrap().to_string();
        async move { text }
    };
    let pages = axum::Router::new().route("/keys", axum::routing::get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = tokio::spawn(async move { axum::serve(listener, pages).await });
    let folder = tempfile::tempdir().unwrap();
    let issuers = config(folder.path(), &format!("jwks_url = 'http://{address}/keys'")).unwrap();
    let keys = Arc::clone(issuers.key_sets().next().unwrap());
    let server = Server::start_with(issuers).await;
    server.publish().await;
    let client = Client::builder().no_proxy().build().unwrap();
    assert!(keys.read(&client).await.is_err(), "a set without a key is none");
    let early = check(ask(&server, &token(&key, None)), 401, "bad_credential").await;
    assert!(early["detail"].as_str().unwrap().contains("could not be read yet"), "{early}");
    *set.lock().unwrap() = json!({"keys": [public]});
    keys.read(&client).await.unwrap();
    assert_eq!(ask(&server, &token(&key, Some("k1"))).send().await.unwrap().status(), 200);
    site.abort();
    let _ = site.await;
    assert!(keys.read(&client).await.is_err());
    let kept = ask(&server, &token(&key, Some("k1"))).send().await.unwrap();
    assert_eq!(kept.status(), 200, "what was known stays while the address does not answer");
}

#[test]
fn what_a_configuration_may_say_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("empty.json", "{\"keys\": []}");
    write("list.json", "[]");
    write("rsa.pem", &rsa().1);
    let said = |place: &str| config(folder.path(), place).unwrap_err().to_string();
    for (place, words) in [
        ("jwks_file = 'none.json'", "cannot be read"),
        ("jwks_file = 'empty.json'", "no public key"),
        ("jwks_file = 'list.json'", "list of `keys`"),
        ("jwks_url = 'http://keys.example/set'", "use https"),
        ("jwks_url = 'http://localhost.evil.example/set'", "use https"),
        ("jwks_url = 'file:///etc/keys'", "use https"),
        ("jwks_url = 'http://localhost:x@127.0.0.2/set'", "use https"),
        ("jwks_url = 'http://localhost:x@evil.example/'", "use https"),
        ("jwks_url = 'https://'", "use https"),
        ("jwks_file = 'empty.json'\njwks_url = 'https://a.example/'", "needs"),
        ("", "needs"),
    ] {
        assert!(said(place).contains(words), "{place}: {}", said(place));
    }
    assert!(config(folder.path(), "jwks_url = 'https://keys.example/set'").is_ok());
    let issuer = "[[jwt.issuer]]\nissuer = 'site'\naudience = 'nexus'\nalgorithm = 'RS256'\n\
         public_key_file = 'rsa.pem'\nkind = 'learner'\n";
    let path = folder.path().join("twice.toml");
    std::fs::write(&path, [issuer, issuer].concat()).unwrap();
    let twice = Config::read(&path).unwrap().issuers().unwrap_err();
    assert!(matches!(twice, ConfigFault::IssuerTwice { .. }), "{twice}");
}
