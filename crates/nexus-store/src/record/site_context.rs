//! What a site said of the moment of a decision, with its hash.

use super::RecordFault;
use nexus_engine::policy::site_context::{SiteContext, SiteValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FIELD: RecordFault = RecordFault::Meaning { field: "context" };

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContextBody {
    hash: String,
    /// In the order of their keys, which is their canonical order.
    entries: BTreeMap<String, ValueBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ValueBody {
    Flag(bool),
    Number(f64),
    Text(String),
}

impl From<&SiteContext> for ContextBody {
    fn from(context: &SiteContext) -> Self {
        let body = |value: &SiteValue| match value {
            SiteValue::Text(text) => ValueBody::Text(text.clone()),
            SiteValue::Number(number) => ValueBody::Number(*number),
            SiteValue::Flag(flag) => ValueBody::Flag(*flag),
        };
        let entries = context.entries().iter().map(|(key, value)| (key.clone(), body(value)));
        Self { hash: hexadecimal(context), entries: entries.collect() }
    }
}

impl TryFrom<ContextBody> for SiteContext {
    type Error = RecordFault;

    /// The hash is computed again: what does not fit it was changed.
    fn try_from(body: ContextBody) -> Result<Self, RecordFault> {
        let value = |body: ValueBody| match body {
            ValueBody::Text(text) => SiteValue::Text(text),
            ValueBody::Number(number) => SiteValue::Number(number),
            ValueBody::Flag(flag) => SiteValue::Flag(flag),
        };
        let entries = body.entries.into_iter().map(|(key, body)| (key, value(body)));
        let context = Self::new(entries).ok().flatten();
        context.filter(|context| hexadecimal(context) == body.hash).ok_or(FIELD)
    }
}

fn hexadecimal(context: &SiteContext) -> String {
    format!("{:016x}", context.hash())
}
