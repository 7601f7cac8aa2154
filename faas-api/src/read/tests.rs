use faas_core::model;

use crate::{
    EstimateRequest, ExecuteRequest, FunctionChange, NewConfig, NewFunction, NewKey, NewLoadTest,
    Subscribe,
};

use super::*;

fn refused<'a, T: Deserialize<'a> + std::fmt::Debug>(text: &'a str) -> String {
    read::<T>(text).unwrap_err().to_string()
}

fn config(config: &str) -> String {
    refused::<NewFunction>(&format!(
        r#"{{"name":"f","description":"d","code":"c","config":{config}}}"#
    ))
}

#[test]
fn an_unknown_member_names_the_nearest_known_one() {
    let new = |member: &str| {
        let text = format!(r#"{{"name":"f","description":"d","code":"c","{member}":{{}}}}"#);
        refused::<NewFunction>(&text)
    };
    assert_eq!(
        new("configg"),
        r#"unknown member "configg": did you mean "config"?"#
    );
    assert_eq!(
        new("Desciption"),
        r#"unknown member "Desciption": did you mean "description"?"#
    );
    assert_eq!(
        new("timeout"),
        r#"unknown member "timeout": "timeout" belongs in "config""#
    );
    assert_eq!(
        new("retry_count"),
        r#"unknown member "retry_count": did you mean "config.retryCount"?"#
    );
    assert_eq!(
        new("xyzzy"),
        r#"unknown member "xyzzy": known members are name, description, code, language, modules, main, config"#
    );
    let long = "x".repeat(1_000_000);
    assert!(new(&long).len() < 200);
    assert_eq!(
        refused::<ExecuteRequest<'_>>(r#"{"inputt": 1}"#),
        r#"unknown member "inputt": did you mean "input"?"#
    );
}

#[test]
fn an_unknown_member_inside_another_is_named_with_its_place() {
    assert_eq!(
        config(r#"{"timeOut": 1}"#),
        r#"unknown member "config.timeOut": did you mean "config.timeout"?"#
    );
    assert_eq!(
        config(r#"{"description": "x"}"#),
        r#"unknown member "config.description": "description" belongs beside "config", not in it"#
    );
    assert_eq!(
        config(r#"{"cpu": 1}"#),
        "unknown member \"config.cpu\": known members are timeout, retryCount, retry, concurrency, \
         concurrencyPerKey, memory, bindings, egress, http, kv, destinations, tool, runtime, env, \
         secrets"
    );
    assert_eq!(
        refused::<Subscribe>(r#"{"type":"subscribe","since":{"epoc":1,"seq":1}}"#),
        r#"unknown member "since.epoc": did you mean "since.epoch"?"#
    );
    assert_eq!(
        refused::<Subscribe>(r#"{"type":"subscribe","seq":1}"#),
        r#"unknown member "seq": "seq" belongs in "since""#
    );
}

#[test]
fn every_request_refuses_members_that_it_does_not_know() {
    let wrong = r#"{"nobodyKnowsThis": 1}"#;
    for message in [
        refused::<NewFunction>(wrong),
        refused::<FunctionChange>(wrong),
        refused::<ExecuteRequest<'_>>(wrong),
        refused::<EstimateRequest>(wrong),
        refused::<NewLoadTest>(wrong),
        refused::<NewKey>(wrong),
        refused::<Subscribe>(wrong),
    ] {
        assert!(
            message.starts_with("unknown member \"nobodyKnowsThis\": known members are "),
            "{message}"
        );
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_what_was_expected() {
    for (given, expected) in [
        ("[]", "config must be a JSON object, not an array"),
        (
            r#"{"timeout":-1}"#,
            "config.timeout must be a whole number of milliseconds that is not negative, not -1",
        ),
        (
            r#"{"timeout":1.5}"#,
            "config.timeout must be a whole number of milliseconds that is not negative, not 1.5",
        ),
        (
            r#"{"timeout":"5000"}"#,
            "config.timeout must be a whole number of milliseconds that is not negative, not \"5000\"",
        ),
        (
            r#"{"retryCount":4294967296}"#,
            "config.retryCount must be a whole number that is not negative, not 4294967296",
        ),
        (
            r#"{"retryCount":true}"#,
            "config.retryCount must be a whole number that is not negative, not a boolean",
        ),
        (
            r#"{"env":{"A":{}}}"#,
            "config.env.A must be a string, not an object",
        ),
    ] {
        assert_eq!(config(given), expected);
    }
    assert_eq!(
        refused::<NewFunction>("[]"),
        "the body must be a JSON object, not an array"
    );
    assert_eq!(refused::<NewFunction>("{}"), "name is missing");
    assert_eq!(
        refused::<NewFunction>(r#"{"name": null}"#),
        "name must be a string, not null"
    );
    assert_eq!(
        refused::<FunctionChange>(r#"{"status": "paused"}"#),
        r#"status must be one of active, inactive, not "paused""#
    );
    assert_eq!(
        refused::<NewKey>(r#"{"name": "a", "role": "admin", "expiresAt": "soon"}"#),
        r#"expiresAt must be an RFC 3339 moment such as 2026-01-31T14:00:00Z, not "soon""#
    );
}

#[test]
fn the_value_of_a_secret_is_in_no_message() {
    for wrong in [
        r#"{"secrets":{"A":1234}}"#,
        r#"{"secrets":{"A":["1234"]}}"#,
        r#"{"secrets":["1234"]}"#,
        r#"{"secrets":[{"name":"A","value":"1234"}]}"#,
        r#"{"secrets":"1234"}"#,
        r#"{"secrets":{"A":"1234\ud800"}}"#,
    ] {
        let message = config(wrong);
        assert!(message.starts_with("config.secrets") || message.contains("\"config.secrets"));
        assert!(!message.contains("1234"), "{message}");
    }
}

#[test]
fn null_in_a_configuration_is_the_default_and_absent_is_not_named() {
    let text = r#"{"timeout": null, "retryCount": 5e0, "env": null, "secrets": null}"#;
    let config: NewConfig = read(text).unwrap();
    assert_eq!(config.timeout, Some(None));
    assert_eq!(config.retry_count, Some(Some(5)));
    assert_eq!(config.concurrency, None);
    assert!(config.env.is_empty() && config.secrets.is_empty());
}

#[test]
fn a_function_can_be_sent_back_as_it_was_read() {
    let text = r#"{"_id":"x","name":"f","description":"d","code":"c","createdAt":{"deep":[1]},
        "updatedAt":1,"version":7,"status":"inactive","tier":"basic","config":{"timeout":1,
        "retryCount":0,"concurrency":null,"env":{"A":"1"},
        "secrets":[{"name":"B","setAt":"2026-01-31T14:05:09.123Z"}]}}"#;
    let change: FunctionChange = read(text).unwrap();
    let config = change.config.unwrap();
    assert_eq!(config.concurrency, Some(None));
    assert!(config.secrets.is_empty());
}

#[test]
fn of_a_member_that_is_there_twice_the_last_counts() {
    let key: NewKey = read(r#"{"name":"a","role":"admin","name":"b"}"#).unwrap();
    assert_eq!((key.name.as_str(), key.role.0), ("b", model::Role::Admin));
}

#[test]
fn an_input_is_borrowed_as_it_was_sent() {
    let text = r#"{"input": [ 1, "\ud800" ] }"#;
    let request: ExecuteRequest<'_> = read(text).unwrap();
    let input = request.input.unwrap().get();
    assert_eq!(input, r#"[ 1, "\ud800" ]"#);
    assert!(text.as_bytes().as_ptr_range().contains(&input.as_ptr()));
    assert!(
        read::<ExecuteRequest<'_>>(r#"{"input":null}"#)
            .unwrap()
            .input
            .is_none()
    );
}

#[test]
fn text_that_is_no_json_is_refused_however_deep_it_nests() {
    let deep = format!(r#"{{"_id":{}"#, "[".repeat(60_000));
    for bad in ["", "{", "{]", "{\"name\":}", "nul", deep.as_str()] {
        assert!(read::<FunctionChange>(bad).is_err(), "{bad}");
    }
    let deep = format!(r#"{{"_id":{}{}}}"#, "[".repeat(60_000), "]".repeat(60_000));
    assert!(read::<FunctionChange>(&deep).is_ok());
}

#[test]
fn a_form_has_flat_members_whose_numbers_are_texts() {
    let form = form_to_json(b"functionId=x&concurrency=5&durationSeconds=&rate=1.5&input=a%22b+c");
    let test: NewLoadTest = read_form(&form).unwrap();
    assert_eq!(test.function_id, "x");
    assert_eq!((test.concurrency, test.duration_seconds), (Some(5), None));
    assert_eq!(test.rate, Some(1.5));
    assert_eq!(test.input.unwrap().as_str(), r#""a\"b c""#);
    let refused = |form: &[u8]| {
        let json = form_to_json(form);
        read_form::<NewLoadTest>(&json).unwrap_err().to_string()
    };
    assert_eq!(
        refused(b"functionId=x&concurrency=many"),
        "concurrency must be a whole number that is not negative, not \"many\""
    );
    assert_eq!(
        refused(b"functionId=x&concurency=1"),
        r#"unknown member "concurency": did you mean "concurrency"?"#
    );
    assert_eq!(form_to_json(b""), "{}");
    assert_eq!(form_to_json(b"a=%FF&b"), "{\"a\":\"\u{fffd}\",\"b\":\"\"}");
}

#[test]
fn a_request_reads_back_as_it_was_written() {
    let mut config = NewConfig {
        timeout: Some(None),
        ..NewConfig::default()
    };
    config.env.insert("A".to_owned(), None);
    config
        .secrets
        .insert("B".to_owned(), Some("hunter2".into()));
    let mut new = NewFunction::new("f", "d", "c");
    new.config = Some(config);
    assert!(!format!("{new:?}").contains("hunter2"));
    let text = serde_json::to_string(&new).unwrap();
    assert_eq!(read::<NewFunction>(&text).unwrap(), new);
    let mut test = NewLoadTest::new(model::FunctionId::from_u128(1));
    test.rate = Some(0.5);
    let text = serde_json::to_string(&test).unwrap();
    assert_eq!(read::<NewLoadTest>(&text).unwrap(), test);
}
