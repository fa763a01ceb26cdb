//! A program without Kafka says what to do.

use crate::stage::{Stage, words};

#[test]
fn a_topic_in_a_build_without_kafka_is_refused_with_what_to_do() {
    let stage = Stage::new();
    stage.configure(
        "[[source]]\nname = 'clicks'\nkind = 'kafka'\nbrokers = 'localhost:9'\n\
         topics = ['clicks']\ngroup = 'nexus'\n",
    );
    let refused = stage.run(&["serve", "--config", "nexus.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = words(&refused.stderr);
    assert!(said.contains("built without Kafka") && said.contains("--features kafka"), "{said}");
}
