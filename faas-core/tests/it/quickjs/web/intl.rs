//! `Intl`, and the methods of builtins whose result depends on a locale.

use serde_json::json;

use super::{assert_throws, assert_values};

#[test]
fn mass() {
    let rig = super::Rig::new();
    let cases: Vec<String> =
        serde_json::from_str(&std::fs::read_to_string("/tmp/intl-dev/mass.json").unwrap()).unwrap();
    let mut all = Vec::new();
    for chunk in cases.chunks(300) {
        let list = chunk.join("},()=>{return ");
        let source = format!(
            "return [()=>{{return {list}}}].map(f=>{{try{{return f()}}catch(e){{return 'THROWS '+e.name+e.message}}}})"
        );
        let v = rig.value(&source, "{}");
        all.extend(v.as_array().unwrap().clone());
    }
    std::fs::write(
        "/tmp/intl-dev/mass-out.json",
        serde_json::to_string(&all).unwrap(),
    )
    .unwrap();
}
