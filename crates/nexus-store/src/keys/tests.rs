//! Keys from making to refusing.

use super::*;
use nexus_engine::time::DAY_MICROS;

const NOW: Timestamp = Timestamp(20_000 * DAY_MICROS);

fn new_key(name: &str) -> NewKey {
    NewKey {
        kind: KeyKind::Secret,
        environment: KeyEnvironment::Live,
        name: name.to_owned(),
        scopes: vec!["events:write".to_owned(), "decisions:read".to_owned()],
        expires_at: Some(NOW.plus_micros(DAY_MICROS)),
    }
}

#[test]
fn a_key_works_until_it_expires_or_is_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(directory.path()).unwrap();
    let (text, made) = keys.create(&new_key("site"), NOW).unwrap();
    assert!(made.allows("events:write") && !made.allows("events:read"));
    let checked = keys.check(text.reveal(), NOW).unwrap();
    assert_eq!(checked, KeyRecord { last_used_day: Some(20_000), ..made.clone() });
    assert_eq!(keys.list().unwrap(), vec![checked]);
    let late = NOW.plus_micros(DAY_MICROS);
    assert!(matches!(keys.check(text.reveal(), late), Err(KeyRefusal::Expired)));
    // Revoked by another process, as `nexus key` does.
    let beside = KeyStore::open(directory.path()).unwrap();
    assert!(beside.revoke(&made.id, NOW).unwrap());
    assert!(!beside.revoke("unknown", NOW).unwrap());
    assert!(matches!(keys.check(text.reveal(), NOW), Err(KeyRefusal::Revoked)));
}

#[test]
fn unknown_and_forged_keys_are_refused_alike() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(directory.path()).unwrap();
    let (text, _) = keys.create(&new_key("site"), NOW).unwrap();
    let other = KeyText::generate(KeyKind::Secret, KeyEnvironment::Live).unwrap();
    assert!(matches!(keys.check(other.reveal(), NOW), Err(KeyRefusal::Unknown)));
    let typo = text.reveal().replace("nx_sk", "nx_ad");
    assert!(matches!(keys.check(&typo, NOW), Err(KeyRefusal::Checksum)));
    assert!(matches!(keys.check("password", NOW), Err(KeyRefusal::Malformed)));
}

#[test]
fn the_secret_is_on_no_disk() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(directory.path()).unwrap();
    let (text, record) = keys.create(&new_key("site"), NOW).unwrap();
    let secret = &text.reveal()[27..66];
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let holds = |part: &str| bytes.windows(part.len()).any(|seen| seen == part.as_bytes());
        assert!(!holds(secret), "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
    assert!(!record.id.is_empty());
}

#[test]
fn names_and_scopes_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(directory.path()).unwrap();
    assert!(matches!(keys.create(&new_key(" "), NOW), Err(KeyFault::Name)));
    for scope in ["events", "events:", ":write", "Events:write", "a:b:c", "a b:c"] {
        let new = NewKey { scopes: vec![scope.to_owned()], ..new_key("site") };
        assert!(matches!(keys.create(&new, NOW), Err(KeyFault::Scope { .. })), "{scope}");
    }
}
