//! `nexus policy` on a running server.

use crate::harness::{Server, admin_key, check, small_data};
use serde_json::Value;

#[test]
fn a_scientist_saves_publishes_goes_back_promotes_and_freezes() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--course", "sums", "--url", server.url.as_str(), "--key", key.as_str()];
    let policy = |more: &[&str], code, said: &str| {
        check(&[&["policy"][..], more, &there].concat(), code, said)
    };
    policy(&["list"], 0, "decides      pace (the server's default)");
    policy(&["versions", "lin-ts"], 0, "no version of lin-ts was saved in sums");
    let why = ["--reason", "term"];
    policy(&[&["save", "lin-ts"][..], &why].concat(), 0, "version 1    lin-ts, journal entry 3");
    policy(&[&["save", "lin-ts"][..], &why].concat(), 0, "as it was before");

    let shown = policy(&["show", "lin-ts", "--version", "1", "--json"], 0, "precision");
    let mut shown: Value = serde_json::from_str(&shown).unwrap();
    shown["statistics"]["numbers"]["response"][1] = 0.5.into();
    let file = folder.path().join("made.json");
    std::fs::write(&file, shown.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let publish = ["publish", "lin-ts", "--file", file, "--through", "3", "--parent", "1"];
    policy(&[&publish[..], &why].concat(), 0, "version 2    lin-ts");
    policy(&[&publish[..], &why].concat(), 1, "policy_parent_replaced");
    let back = ["rollback", "lin-ts", "--to", "1"];
    policy(&[&back[..], &why].concat(), 0, "version 3    lin-ts");
    policy(&["versions", "lin-ts"], 0, "restored from 1");

    policy(&[&["promote", "squarecb"][..], &why].concat(), 1, "evidence_missing");
    let overrule = ["promote", "squarecb", "--override"];
    policy(&[&overrule[..], &why].concat(), 0, "promoted     squarecb, journal entry");
    policy(&[&["mode", "squarecb", "frozen"][..], &why].concat(), 0, "frozen       squarecb");
    policy(&[&["mode", "squarecb", "frozen"][..], &why].concat(), 0, "nothing changed");
    let listed = policy(&["list"], 0, "decides      squarecb (promoted by key ");
    assert!(listed.contains("frozen       squarecb, version 0"), "{listed}");
    policy(&[&["mode", "pace", "shadow"][..], &why].concat(), 0, "shadow       pace");
    let listed = policy(&["list"], 0, "shadow       pace, version 0");
    assert!(listed.contains("not enough evidence (0 rewards, worth 0)"), "{listed}");
    let shown = policy(&["show", "pace"], 0, "shadow       pace, version 0");
    for said in
        ["IPS          not enough evidence", "SNIPS        not enough", "ESS          0.0 of 0"]
    {
        assert!(shown.contains(said), "{shown}");
    }
    let learn = ["mode", "squarecb", "apprentice", "--baseline", "mastery", "--learners", "20"];
    policy(&[&learn[..], &why].concat(), 0, "apprentice   squarecb, journal entry");
    policy(&["list"], 0, "mastery serves in its place");
    let shown =
        policy(&["show", "squarecb"], 0, "not enough evidence whether it agrees with mastery");
    let terms = "of mastery: 0.8 in 500 decisions of 20 learners at least, graduates asked";
    assert!(shown.contains(terms), "{shown}");
    let hold = ["holdout", "--share", "0.1"];
    policy(&[&hold[..], &why].concat(), 0, "held out     0.1 of learners, journal entry");
    policy(&[&hold[..], &why].concat(), 0, "nothing changed");
    policy(&["list"], 0, "held out     0.1 of learners");
    let said = policy(&["list", "--json"], 0, "");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["serving"]["promoted"], true);
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}

#[test]
fn a_network_from_an_onnx_file_is_published_promoted_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--course", "sums", "--url", server.url.as_str(), "--key", key.as_str()];
    let policy = |more: &[&str], code, said: &str| {
        check(&[&["policy"][..], more, &there].concat(), code, said)
    };
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../nexus-ingest/golden/onnx/");
    let (torch, hand) =
        (format!("{golden}torch-64-64-relu.onnx"), format!("{golden}one-layer.onnx"));
    let publish = |file: &str, more: &[&str], code, said: &str| {
        let publish = ["publish", "network", "--through", "0", "--reason", "a try", "--file", file];
        policy(&[&publish[..], more].concat(), code, said)
    };
    publish(&torch, &[], 0, "version 1    network");
    publish(&hand, &["--temperature", "0.5", "--floor", "0.05"], 0, "version 2    network");
    publish(&hand, &["--floor", "0"], 2, "--floor 0.01 to 1");
    let broken = folder.path().join("broken.onnx");
    std::fs::write(&broken, b"not a network").unwrap();
    publish(broken.to_str().unwrap(), &[], 2, "is no policy's network");
    let shown = policy(&["show", "network", "--version", "2", "--json"], 0, "layer_1_inputs");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["statistics"]["numbers"]["temperature"][0], 0.5);
    let why = ["--reason", "term"];
    policy(&[&["promote", "network", "--override"][..], &why].concat(), 0, "promoted     network");
    policy(&[&["rollback", "network", "--to", "1"][..], &why].concat(), 0, "version 3    network");
    policy(&["versions", "network"], 0, "restored from 1");
    drop(server);
    check(&["verify", "--data", &data], 0, "sound");
}

#[test]
fn what_cannot_be_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = small_data(folder.path());
    let key = admin_key(&data);
    let server = Server::start(&data);
    let there = ["--course", "sums", "--url", server.url.as_str(), "--key", key.as_str()];
    let policy =
        |more: &[&str], said: &str| check(&[&["policy"][..], more, &there].concat(), 2, said);
    policy(&["promote", "lin-ts"], "--reason");
    policy(&["promote", "a/b", "--reason", "x"], "is no policy");
    policy(&["promote", "oops", "--reason", "x"], "unknown_policy");
    policy(&["save", "random", "--reason", "x"], "policy_without_statistics");
    policy(&["rollback", "lin-ts", "--to", "4", "--reason", "x"], "unknown_policy_version");
    policy(&["mode", "lin-ts", "lazy", "--reason", "x"], "/mode");
    let early = ["mode", "lin-ts", "apprentice", "--agreement", "0.1", "--reason", "x"];
    policy(&early, "apprentice_terms");
    policy(&["mode", "lin-ts", "live", "--baseline", "static", "--reason", "x"], "/apprentice");
    policy(&["show", "oops"], "is no policy");
    policy(&["holdout", "--share", "0.2", "--reason", "x"], "holdout_share");
    let nowhere = folder.path().join("none.json");
    let nowhere = nowhere.to_str().unwrap();
    let publish = ["publish", "lin-ts", "--through", "1", "--reason", "x", "--file"];
    policy(&[&publish[..], &[nowhere]].concat(), "none.json");
}
