//! What moves by the clock in answers.

use serde_json::Value;

/// Sets how often articles were read to 0, wherever `body` says it. Views are counted once a minute, and not by what a test does: nobody
/// knows how many there are.
pub fn forget_reads(body: &mut Value) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "readsCount" && value.is_u64() {
                    *value = Value::from(0);
                }
                forget_reads(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(forget_reads),
        _ => {}
    }
}
