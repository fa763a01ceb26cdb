//! Keys, tokens and sessions: who gets in, who does not, and as whom.

use crate::harness::{LOGIN_TOKEN, Server, check, check_problem, event};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use nexus_server::auth::ScopeSet;
use nexus_server::auth::jwt::JwtIssuers;
use nexus_server::config::Config;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// Keys made for one test, and the issuers that are trusted with them.
struct Signers {
    learner: EncodingKey,
    service: EncodingKey,
    teacher: EncodingKey,
    stranger: EncodingKey,
    learner_public: String,
    issuers: JwtIssuers,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn rsa() -> (EncodingKey, String) {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private = AsDer::<Pkcs8V1Der>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der>::as_der(pair.public_key()).unwrap();
    let key = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes()).unwrap();
    (key, pem("PUBLIC KEY", public.as_ref()))
}

pub fn ed25519() -> (EncodingKey, String) {
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let public = [&PREFIX, pair.public_key().as_ref()].concat();
    (EncodingKey::from_ed_der(document.as_ref()), pem("PUBLIC KEY", &public))
}

fn p256() -> (EncodingKey, String) {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).unwrap();
    let public = AsDer::<PublicKeyX509Der>::as_der(pair.public_key()).unwrap();
    (EncodingKey::from_ec_der(document.as_ref()), pem("PUBLIC KEY", public.as_ref()))
}

fn signers() -> Signers {
    let folder = tempfile::tempdir().unwrap();
    let ((learner, learner_public), (service, service_public)) = (rsa(), ed25519());
    let (teacher, teacher_public) = p256();
    for (name, public) in
        [("l.pem", &learner_public), ("s.pem", &service_public), ("t.pem", &teacher_public)]
    {
        std::fs::write(folder.path().join(name), public).unwrap();
    }
    let table = |name: &str, algorithm: &str, file: &str, rest: &str| {
        format!(
            "[[jwt.issuer]]\nissuer = '{name}'\naudience = 'nexus'\nalgorithm = '{algorithm}'\n\
             public_key_file = '{file}'\n{rest}\n"
        )
    };
    let text = [
        table("site", "RS256", "l.pem", "kind = 'learner'"),
        table("batch", "EdDSA", "s.pem", "kind = 'service'\nscopes = ['journal:read']"),
        table("staff", "ES256", "t.pem", "kind = 'service'\nscopes = ['learners:read']"),
    ]
    .concat();
    let path = folder.path().join("nexus.toml");
    std::fs::write(&path, text).unwrap();
    let issuers = Config::read(&path).unwrap().issuers().unwrap();
    let stranger = rsa().0;
    Signers { learner, service, teacher, stranger, learner_public, issuers }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// Good claims of a learner's token, with some replaced; null takes one out.
pub fn claims(changes: Value) -> Value {
    let mut claims = json!({"iss": "site", "aud": "nexus", "sub": "ada", "exp": now() + 600});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn signed(algorithm: Algorithm, claims: &Value, key: &EncodingKey) -> String {
    encode(&Header::new(algorithm), claims, key).unwrap()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

fn ask(server: &Server, token: &str, learner: &str) -> RequestBuilder {
    let body = json!({"learner": learner, "course": "sums"});
    server.bare(Method::POST, "/v1/decisions").bearer_auth(token).json(&body)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_valid() {
    let signers = signers();
    let server = Server::start_with(signers.issuers.clone()).await;
    server.publish().await;
    let rs256 = |changes: Value| signed(Algorithm::RS256, &claims(changes), &signers.learner);
    let public = EncodingKey::from_secret(signers.learner_public.as_bytes());
    let mut keyed = Header::new(Algorithm::RS256);
    keyed.jku = Some("http://127.0.0.1:1/keys".to_owned());
    let keyed = encode(&keyed, &claims(json!({})), &signers.learner).unwrap();
    let good = rs256(json!({}));
    let (start, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", signature.chars().rev().collect::<String>());
    let ed25519 = signed(Algorithm::EdDSA, &claims(json!({})), &signers.service);
    let none = json!({"alg": "none", "typ": "JWT"});
    for (name, token, code, words) in [
        ("expired", rs256(json!({"exp": now() - 61 - 60})), "expired_credential", "expired"),
        ("exp as a text", rs256(json!({"exp": "9999999999"})), "bad_credential", "type"),
        ("exp missing", rs256(json!({"exp": null})), "bad_credential", "missing"),
        ("exp far away", rs256(json!({"exp": now() + 90_000})), "bad_credential", "24 hours"),
        ("not yet", rs256(json!({"nbf": now() + 600})), "bad_credential", "nbf"),
        ("aud missing", rs256(json!({"aud": null})), "bad_credential", "missing"),
        ("another aud", rs256(json!({"aud": "other"})), "bad_credential", "aud"),
        ("iss missing", rs256(json!({"iss": null})), "bad_credential", "iss"),
        ("another iss", rs256(json!({"iss": "else"})), "bad_credential", "iss"),
        (
            "another issuer's key",
            rs256(json!({"iss": "batch"})),
            "bad_credential",
            "another algorithm",
        ),
        ("sub missing", rs256(json!({"sub": null})), "bad_credential", "sub"),
        ("sub no id", rs256(json!({"sub": "a\u{7}b"})), "bad_credential", "sub"),
        (
            "stranger",
            signed(Algorithm::RS256, &claims(json!({})), &signers.stranger),
            "bad_credential",
            "signature",
        ),
        (
            "another algorithm of the key",
            signed(Algorithm::RS512, &claims(json!({})), &signers.learner),
            "bad_credential",
            "another algorithm",
        ),
        ("another algorithm", ed25519, "bad_credential", "another algorithm"),
        (
            "HMAC with the public key",
            signed(Algorithm::HS256, &claims(json!({})), &public),
            "bad_credential",
            "another algorithm",
        ),
        ("none", unsigned(&none, &claims(json!({}))), "bad_credential", ""),
        ("a key's address", keyed, "bad_credential", "header"),
        ("forged", forged, "bad_credential", "signature"),
        ("too long", format!("{good}{}", "A".repeat(9_000)), "bad_credential", "8 KiB"),
        ("two parts", start.to_owned(), "bad_credential", "three parts"),
        ("nonsense", "abc".to_owned(), "bad_credential", "three parts"),
    ] {
        println!("{name}");
        let problem = check(ask(&server, &token, "ada"), 401, code).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{name}: {detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_act_for_their_holder_only() {
    let signers = signers();
    let server = Server::start_with(signers.issuers.clone()).await;
    server.publish().await;
    let ada = signed(Algorithm::RS256, &claims(json!({})), &signers.learner);
    let answer = ask(&server, &ada, "ada").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let decision: Value = answer.json().await.unwrap();
    for told in ["policy", "propensity", "ranking", "exploration", "variant", "experiment"] {
        assert!(decision.get(told).is_none(), "{told}: {decision}");
    }
    assert_eq!(decision["explanation"]["teacher"], "");
    check(ask(&server, &ada, "bob"), 403, "foreign_learner").await;
    let get = |path: &str, token: &str| server.bare(Method::GET, path).bearer_auth(token);
    assert_eq!(get("/v1/learners/ada", &ada).send().await.unwrap().status(), 200);
    check(get("/v1/learners/bob", &ada), 403, "foreign_learner").await;
    check(get("/v1/courses/sums/mastery", &ada), 403, "foreign_learner").await;
    let group = server.bare(Method::POST, "/v1/courses/sums/mastery").bearer_auth(&ada);
    check(group.json(&json!({"learners": ["ada"]})), 403, "foreign_learner").await;
    check(get("/v1/journal", &ada), 403, "missing_scope").await;
    check(get("/metrics", &ada), 403, "missing_scope").await;
    let events = json!([
        event("ada:e1", "ada", json!({"type": "enrolled"})),
        event("ada:e2", "bob", json!({"type": "enrolled"}))
    ]);
    let send =
        |events: &Value| server.bare(Method::POST, "/v1/events").bearer_auth(&ada).json(events);
    let receipts: Value = send(&events).send().await.unwrap().json().await.unwrap();
    let statuses = ["accepted", "rejected"].map(|it| json!(it));
    let receipts = receipts["receipts"].as_array().unwrap();
    assert_eq!([&receipts[0]["status"], &receipts[1]["status"]], [&statuses[0], &statuses[1]]);
    assert_eq!(
        (&receipts[1]["code"], &receipts[1]["pointer"]),
        (&json!("foreign_learner"), &json!("/learner"))
    );
    check(send(&json!([events[1]])), 403, "foreign_learner").await;
    let marked = event(
        "ada:e3",
        "bob",
        json!({"type": "question_answered", "question": "q1", "correct": true}),
    );
    let mixed = send(&json!([event("ada:e4", "ada", json!({"type": "session_started"})), marked]));
    let mixed: Value = mixed.send().await.unwrap().json().await.unwrap();
    assert_eq!((&mixed["accepted"], &mixed["rejected"]), (&json!(1), &json!(1)), "{mixed}");
    for path in ["/v1/learners/ada", "/v1/learners/ada/history", "/v1/learners/ada/export"] {
        let own = get(path, &ada).send().await.unwrap().text().await.unwrap();
        let whole = server.get(path).send().await.unwrap().text().await.unwrap();
        assert!(!own.contains("pace") && !own.contains("decision_made"), "{path}: {own}");
        assert!(whole.contains("pace"), "{path}: {whole}");
    }
    let shown = format!("/v1/decisions/{}/exposure", decision["decision_id"].as_str().unwrap());
    let bob = signed(Algorithm::RS256, &claims(json!({"sub": "bob"})), &signers.learner);
    check(server.bare(Method::POST, &shown).bearer_auth(&bob), 404, "not_found").await;
    let own = server.bare(Method::POST, &shown).bearer_auth(&ada).send().await.unwrap();
    assert_eq!(own.status(), 200);
    let service = claims(json!({"iss": "batch"}));
    let service = signed(Algorithm::EdDSA, &service, &signers.service);
    assert_eq!(get("/v1/journal", &service).send().await.unwrap().status(), 200);
    check(get("/v1/learners/ada", &service), 403, "missing_scope").await;
    let staff = claims(json!({"iss": "staff", "iat": now(), "exp": now() + 86_400}));
    let staff = signed(Algorithm::ES256, &staff, &signers.teacher);
    assert_eq!(get("/v1/learners/ada", &staff).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_takes_no_id_of_anybody_else() {
    let signers = signers();
    let server = Server::start_with(signers.issuers.clone()).await;
    server.publish().await;
    let token =
        |sub: &str| signed(Algorithm::RS256, &claims(json!({"sub": sub})), &signers.learner);
    let ada = token("ada");
    let post =
        |path: &str, body: &Value| server.bare(Method::POST, path).bearer_auth(&ada).json(body);
    let enrolled = |id: &str| event(id, "ada", json!({"type": "enrolled"}));
    let ids = ["e1", "bob:e1", "ada", "ad:e1", "adam:e1", "ada:b:e1", "ada:e1", "ada:"];
    let body: Vec<_> = ids.iter().map(|id| enrolled(id)).collect();
    let answer = post("/v1/events", &json!(body)).send().await.unwrap();
    let receipts: Value = answer.json().await.unwrap();
    assert_eq!((&receipts["accepted"], &receipts["rejected"]), (&2.into(), &6.into()));
    for (id, receipt) in ids.iter().zip(receipts["receipts"].as_array().unwrap()).take(6) {
        assert_eq!((&receipt["id"], &receipt["pointer"]), (&json!(id), &json!("/id")));
        assert_eq!(receipt["code"], "foreign_id", "{receipt}");
    }
    let ask = |id: &str| {
        let body = json!({"learner": "ada", "course": "sums", "decision_id": id});
        post("/v1/decisions", &body)
    };
    // One that exists, as somebody else's, and one that does not: the same answer.
    let bobs = json!({"learner": "bob", "course": "sums", "decision_id": "d1"});
    server.post_json("/v1/decisions", &bobs).await;
    let without_request_id = |mut problem: Value| {
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    let taken = without_request_id(check(ask("d1"), 403, "foreign_id").await);
    assert_eq!(without_request_id(check(ask("d2"), 403, "foreign_id").await), taken);
    let shown = |id: &str| post(&format!("/v1/decisions/{id}/exposure"), &json!({}));
    let taken = without_request_id(check(shown("d1"), 404, "not_found").await);
    assert_eq!(without_request_id(check(shown("d2"), 404, "not_found").await), taken);
    let help = |learner: &str, id: &str| {
        let body =
            json!({"learner": learner, "course": "sums", "question": "q1", "support_id": id});
        post("/v1/supports", &body)
    };
    check(help("bob", "ada:s1"), 403, "foreign_learner").await;
    check(help("ada", "s1"), 403, "foreign_id").await;
    // Their own request is looked at, and this question offers no support.
    check(help("ada", "ada:s1"), 422, "no_support").await;
    assert_eq!(ask("ada:d1").send().await.unwrap().status(), 200);
    assert_eq!(shown("ada:d1").send().await.unwrap().status(), 200);
    let nested = event("ada:b:e1", "ada:b", json!({"type": "enrolled"}));
    let send = server.bare(Method::POST, "/v1/events").bearer_auth(token("ada:b"));
    let answer = send.json(&json!([nested])).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["accepted"], 1);
}

/// What says how right something was.
fn graded(learner: &str, number: usize, fields: Value) -> Value {
    let mut fields = fields;
    fields["question"] = json!("q1");
    let kind = fields.get("type").cloned().unwrap_or_else(|| json!("question_answered"));
    fields["type"] = kind;
    json!([event(&format!("{learner}:g{number}"), learner, fields)])
}

/// Whoever is graded does not grade: neither answers nor rewards, whatever the token says.
#[tokio::test(flavor = "multi_thread")]
async fn a_learner_does_not_pay_themselves() {
    let signers = signers();
    let server = Server::start_with(signers.issuers.clone()).await;
    let published = server.put("/v1/courses/sums").json(&crate::rewards::course_with_mark());
    assert_eq!(published.send().await.unwrap().status(), 200);
    let ada = signed(Algorithm::RS256, &claims(json!({})), &signers.learner);
    let greedy = claims(json!({"scopes": ["grades:write"], "scope": "grades:write admin"}));
    let greedy = signed(Algorithm::RS256, &greedy, &signers.learner);
    let decision = json!({"learner": "ada", "course": "sums", "decision_id": "ada:d1"});
    let own = server.bare(Method::POST, "/v1/decisions").bearer_auth(&ada).json(&decision);
    assert_eq!(own.send().await.unwrap().status(), 200);
    let post = |token: &str, path: &str, body: &Value| {
        server.bare(Method::POST, path).bearer_auth(token).json(body)
    };
    let quiz = json!({"type": "quiz_completed", "activity": "drill", "grade": 1.0});
    for token in [&ada, &greedy] {
        for fields in [json!({"correct": true}), json!({"correct": false}), json!({"grade": 0.5})] {
            let problem =
                check(post(token, "/v1/events", &graded("ada", 1, fields)), 403, "missing_scope");
            assert!(problem.await["detail"].as_str().unwrap().contains("grades:write"));
        }
        check(post(token, "/v1/events", &graded("ada", 1, quiz.clone())), 403, "missing_scope")
            .await;
        let mark = json!({"id": "ada:m1", "component": "mark", "value": 10.0});
        let problem =
            check(post(token, "/v1/decisions/ada:d1/rewards", &mark), 403, "missing_scope");
        assert!(problem.await["detail"].as_str().unwrap().contains("grades:write"));
    }
    // What the course grades is no word of the learner's, and the site may say what it likes.
    let answered = graded("ada", 2, json!({"response": "b"}));
    let answer: Value =
        post(&ada, "/v1/events", &answered).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["accepted"], 1, "{answer}");
    let mark = json!({"id": "m1", "component": "mark", "value": 10.0});
    server.post_json("/v1/decisions/ada:d1/rewards", &mark).await;
    // A key that only sends events does not grade either; a key of a site does.
    let (writes, grades) =
        (server.new_key(&["events:write"]).0, server.new_key(&["events:write", "grades:write"]).0);
    let told = graded("bob", 1, json!({"correct": true}));
    check(post(&writes, "/v1/events", &told), 403, "missing_scope").await;
    assert_eq!(post(&grades, "/v1/events", &told).send().await.unwrap().status(), 200);
}

/// A site whose marks do not matter may let its learners grade themselves: each for themselves.
#[tokio::test(flavor = "multi_thread")]
async fn learners_grade_themselves_where_the_configuration_says_so() {
    let mut signers = signers();
    signers.issuers.0[0].scopes =
        ScopeSet::from_words(["events:write", "decisions:write", "grades:write", "admin"]);
    let server = Server::start_with(signers.issuers.clone()).await;
    server.publish().await;
    let ada = signed(Algorithm::RS256, &claims(json!({})), &signers.learner);
    let send = |body: Value| server.bare(Method::POST, "/v1/events").bearer_auth(&ada).json(&body);
    let told = send(graded("ada", 1, json!({"correct": true}))).send().await.unwrap();
    assert_eq!(told.json::<Value>().await.unwrap()["accepted"], 1);
    check(send(graded("bob", 1, json!({"correct": true}))), 403, "foreign_learner").await;
    let journal = server.bare(Method::GET, "/v1/journal").bearer_auth(&ada);
    check(journal, 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_valid() {
    let server = Server::start().await;
    let (key, id) = server.new_key(&["courses:read"]);
    let get = |key: &str| server.bare(Method::GET, "/v1/courses").bearer_auth(key);
    assert_eq!(get(&key).send().await.unwrap().status(), 200);
    let request = server.bare(Method::GET, "/v1/journal").bearer_auth(&key);
    check(request, 403, "missing_scope").await;
    let mut typo = key.clone();
    typo.replace_range(20..21, if &key[20..21] == "a" { "b" } else { "a" });
    check(get(&typo), 401, "bad_credential").await;
    check(get("nx_sk_test_"), 401, "bad_credential").await;
    check(get(""), 401, "bad_credential").await;
    let basic = server.bare(Method::GET, "/v1/courses").basic_auth("nexus", Some(&key));
    check(basic, 401, "bad_credential").await;
    for query in [format!("key={key}"), format!("q={key}"), "access_token=abc".to_owned()] {
        let request = server.get(&format!("/v1/courses?{query}"));
        let problem = check(request, 400, "key_in_url").await;
        assert!(!problem.to_string().contains(&key));
    }
    server.keys.revoke(&id, nexus_engine::time::Timestamp(1)).unwrap();
    check(get(&key), 401, "bad_credential").await;
}

fn login_form(server: &Server, key: &str) -> RequestBuilder {
    let form = "application/x-www-form-urlencoded";
    let request = server.bare(Method::POST, "/login").header("content-type", form);
    request.body(format!("key={key}"))
}

fn cookie_of(answer: &reqwest::Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_what_pages_offer_and_ends_with_its_key() {
    let server = Server::with_course().await;
    let (key, id) = server.new_key(&["courses:read", "courses:write"]);
    let login = |key: &str| login_form(&server, key);
    check(login("nx_sk_test_wrong"), 401, "bad_credential").await;
    let page = login("wrong").header("accept", "text/html").send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["location"]),
        (303, &"/login?error=1".parse().unwrap())
    );
    let foreign = login(&key).header("sec-fetch-site", "cross-site");
    check(foreign, 403, "cross_site").await;
    let answer = login(&key).header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let cookie = cookie_of(&answer);
    let with = |method: Method, path: &str| server.bare(method, path).header("cookie", &cookie);
    assert_eq!(with(Method::GET, "/v1/courses").send().await.unwrap().status(), 200);
    check(with(Method::GET, "/v1/journal"), 403, "missing_scope").await;
    let put = || with(Method::PUT, "/v1/courses/sums").json(&crate::harness::course());
    check(put(), 403, "cross_site").await;
    check(put().header("origin", "http://evil.example"), 403, "cross_site").await;
    check(put().header("origin", "null"), 403, "cross_site").await;
    check(put().header("sec-fetch-site", "same-site"), 403, "cross_site").await;
    let own = put().header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(own.status(), 200, "what its key may, from our own pages");
    let said = with(Method::GET, "/v1/session").send().await.unwrap().text().await.unwrap();
    assert!(said.contains(&format!("key {id}, in a browser")), "{said}");
    assert!(said.contains("courses:write") && !said.contains("experiments:write"), "{said}");
    server.keys.revoke(&id, nexus_engine::time::Timestamp(1)).unwrap();
    check(with(Method::GET, "/v1/courses"), 401, "expired_credential").await;
}

/// A page turns the switch and promotes where its key may; what erases or trains needs the key
/// itself, also when it may do everything.
#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_an_admin_turns_the_kill_switch_and_erases_nobody() {
    let server = Server::with_course().await;
    let session = |key: String| {
        let server = &server;
        async move {
            let cookie = cookie_of(&login_form(server, &key).send().await.unwrap());
            move |method: Method, path: &str, body: Value| {
                let request = server.bare(method, path).header("cookie", &cookie);
                request.header("sec-fetch-site", "same-origin").json(&body)
            }
        }
    };
    let turned = json!({"thrown": true, "reason": "to try"});
    let promoted = json!({"course": "sums", "reason": "to try"});

    let with = session(server.new_key(&["admin"]).0).await;
    let answer = with(Method::POST, "/v1/switch", turned.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "a person stops it where they see it");
    let asked = with(Method::POST, "/v1/policies/pace/promote", promoted.clone());
    check(asked, 409, "evidence_missing").await;
    let overruled = json!({"course": "sums", "reason": "to try", "override": true});
    let asked = with(Method::POST, "/v1/policies/pace/promote", overruled);
    check(asked, 403, "missing_scope").await;
    let erased = json!({"reason": "to try"});
    check(with(Method::DELETE, "/v1/learners/ada", erased), 403, "missing_scope").await;
    check(with(Method::POST, "/v1/tracing/versions", json!({})), 403, "missing_scope").await;

    let with = session(server.new_key(&["courses:read", "stream:read"]).0).await;
    check(with(Method::POST, "/v1/switch", turned), 403, "missing_scope").await;
    check(with(Method::POST, "/v1/policies/pace/promote", promoted), 403, "missing_scope").await;
    check(with(Method::GET, "/v1/keys", json!({})), 403, "missing_scope").await;
}

/// Keys are listed without their secrets, and revoked by id and name; nobody locks themselves out.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_and_revoked_by_another() {
    let server = Server::start().await;
    let (mine, own) = server.new_key(&["keys:write"]);
    let (theirs, other) = server.new_key(&["courses:read"]);
    let ask = |method: Method, path: &str| server.bare(method, path).bearer_auth(&mine);
    let list: Value = ask(Method::GET, "/v1/keys").send().await.unwrap().json().await.unwrap();
    let text = list.to_string();
    assert!(!text.contains(&mine) && !text.contains(&theirs), "{text}");
    let of = |list: &Value, id: &str| {
        let keys = list["keys"].as_array().unwrap();
        keys.iter().find(|key| key["id"] == id).unwrap().clone()
    };
    assert_eq!(of(&list, &own)["own"], true);
    let before = of(&list, &other);
    assert_eq!((&before["state"], &before["own"]), (&json!("valid"), &json!(false)));
    assert_eq!((&before["scopes"], &before["name"]), (&json!(["courses:read"]), &json!("a test")));
    assert!(theirs.ends_with(before["last_four"].as_str().unwrap()) || before["last_four"] != "");

    let revoke = |id: &str, name: &str| {
        ask(Method::POST, &format!("/v1/keys/{id}/revoke")).json(&json!({"name": name}))
    };
    check(revoke(&other, "another"), 422, "schema_violation").await;
    check(revoke(&own, "a test"), 409, "own_key").await;
    check(revoke("nobody", "a test"), 404, "not_found").await;
    let theirs = |path: &str| server.bare(Method::GET, path).bearer_auth(&theirs);
    assert_eq!(theirs("/v1/courses").send().await.unwrap().status(), 200);
    let gone: Value = revoke(&other, "a test").send().await.unwrap().json().await.unwrap();
    assert_eq!(gone["state"], "revoked");
    check(theirs("/v1/courses"), 401, "bad_credential").await;
    let again: Value = revoke(&other, "a test").send().await.unwrap().json().await.unwrap();
    assert_eq!(again["revoked_at"], gone["revoked_at"], "the first time counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_logs_in_and_logging_out_ends_it() {
    let server = Server::start().await;
    let wrong = server.bare(Method::GET, "/login?token=wrong");
    check(wrong, 401, "bad_credential").await;
    let link = format!("/login?token={LOGIN_TOKEN}");
    let answer = server.bare(Method::GET, &link).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/".parse().unwrap())
    );
    let cookie = cookie_of(&answer);
    let with = |method: Method, path: &str| server.bare(method, path).header("cookie", &cookie);
    assert_eq!(with(Method::GET, "/v1/stats").send().await.unwrap().status(), 200);
    check(with(Method::GET, "/metrics"), 403, "missing_scope").await;
    check(with(Method::POST, "/logout"), 403, "cross_site").await;
    let out = with(Method::POST, "/logout").header("sec-fetch-site", "same-origin");
    assert_eq!(out.send().await.unwrap().status(), 303);
    let answer = with(Method::GET, "/v1/stats").send().await.unwrap();
    check_problem(answer, 401, "expired_credential").await;
}
