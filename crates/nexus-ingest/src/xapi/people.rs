//! Everybody whom a statement names.

use super::statement::learner_of_agent;
use crate::foreign::ActorKey;
use serde_json::Value;
use std::collections::BTreeSet;

/// The learners that all people in a statement are: its actor, and who stands in its object, its
/// context, its authority and its groups. Extensions are not looked into.
#[must_use]
pub fn people(key: &ActorKey, statement: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    meet(key, statement, &mut found);
    found
}

fn meet(key: &ActorKey, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|part| meet(key, part, found)),
        Value::Object(map) => {
            found.extend(learner_of_agent(key, value));
            let parts = map.iter().filter(|(name, _)| *name != "extensions");
            parts.for_each(|(_, part)| meet(key, part, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everybody_in_a_statement_is_found() {
        let key = ActorKey::new([7; 32]);
        let person = |name: &str| json!({"mbox": format!("mailto:{name}@example.com")});
        let statement = json!({
            "actor": person("ada"),
            "object": {"objectType": "SubStatement", "actor": person("ben"),
                "object": {"id": "https://a.example/openid", "definition": {
                    "extensions": {"https://a.example/x": person("nobody")}}}},
            "context": {
                "instructor": {"account": {"homePage": "https://lms.example", "name": "17"}},
                "team": {"objectType": "Group", "member": [person("cleo"), person("ada")]},
            },
            "authority": {"openid": "https://dora.example/"},
        });
        let expected = ["ada", "ben", "cleo"]
            .map(|name| key.of_mailbox(&format!("mailto:{name}@example.com")));
        let others =
            [key.of_account("https://lms.example", "17"), key.of_openid("https://dora.example/")];
        let expected: BTreeSet<String> = expected.into_iter().chain(others).collect();
        assert_eq!(people(&key, &statement), expected);
    }
}
