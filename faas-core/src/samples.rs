//! The five sample functions.
//!
//! Their code and metadata are in `examples/functions`; this module embeds those files.

use std::sync::LazyLock;

use crate::model::Json;

/// A sample function with an input and its expected output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The JavaScript source.
    pub code: &'static str,
    /// An example input.
    pub input: Json,
    /// The output for the example input.
    pub expected_output: Json,
}

/// Returns the samples, in display order.
pub fn samples() -> &'static [Sample] {
    static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(embedded);
    &SAMPLES
}

/// One entry of `samples.json`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    description: String,
    file: String,
    input: Json,
    expected_output: Json,
}

macro_rules! folder {
    ($file:literal) => {
        include_str!(concat!("../../examples/functions/", $file))
    };
}

const CODE: [(&str, &str); 5] = [
    ("fibonacci.js", folder!("fibonacci.js")),
    ("string-reverser.js", folder!("string-reverser.js")),
    ("array-sum.js", folder!("array-sum.js")),
    ("prime-checker.js", folder!("prime-checker.js")),
    ("factorial.js", folder!("factorial.js")),
];

/// Parses the embedded files. A test checks that no sample is missing.
fn embedded() -> Vec<Sample> {
    let entries: Vec<Entry> = serde_json::from_str(folder!("samples.json")).unwrap_or_default();
    let code = |file: &str| CODE.iter().find(|(name, _)| *name == file);
    entries
        .into_iter()
        .filter_map(|entry| {
            Some(Sample {
                code: code(&entry.file)?.1,
                name: entry.name,
                description: entry.description,
                input: entry.input,
                expected_output: entry.expected_output,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_five_samples_are_embedded() {
        let names: Vec<_> = samples().iter().map(|s| s.name.as_str()).collect();
        let expected = [
            "Fibonacci Calculator",
            "String Reverser",
            "Array Sum",
            "Prime Checker",
            "Factorial Calculator",
        ];
        assert_eq!(names, expected);
    }

    /// Calls `code`'s handler with `input` and returns its result, or the message of the error it
    /// throws.
    #[cfg(feature = "quickjs")]
    fn call(code: &str, input: &str) -> String {
        let runtime = rquickjs::Runtime::new().unwrap();
        let context = rquickjs::Context::full(&runtime).unwrap();
        let script =
            format!("{code}\ntry {{ JSON.stringify(handler({input})) }} catch (e) {{ `${{e}}` }}");
        context.with(|ctx| ctx.eval::<String, _>(script).unwrap())
    }

    #[cfg(feature = "quickjs")]
    #[test]
    fn each_sample_returns_its_documented_output() {
        for sample in samples() {
            let output = call(sample.code, sample.input.as_str());
            assert_eq!(output, sample.expected_output.as_str(), "{}", sample.name);
        }
    }

    #[cfg(feature = "quickjs")]
    #[test]
    fn samples_reject_invalid_input_with_a_clear_error() {
        for (sample, input, error) in [
            (
                0,
                r#"{"n": -1}"#,
                "RangeError: n must be a whole number from 0 to 78, not -1",
            ),
            (
                1,
                r#"{"text": 7}"#,
                "TypeError: text must be a string, not 7",
            ),
            (
                2,
                r#"{"numbers": [1, "2"]}"#,
                r#"TypeError: numbers[1] must be a number, not "2""#,
            ),
            (
                2,
                "{}",
                "TypeError: numbers must be an array, not undefined",
            ),
            (
                3,
                r#"{"number": 1.5}"#,
                "TypeError: number must be a whole number, not 1.5",
            ),
            (
                4,
                r#"{"n": 171}"#,
                "RangeError: n must be a whole number from 0 to 170, not 171",
            ),
        ] {
            assert_eq!(call(samples()[sample].code, input), error);
        }
    }

    #[cfg(feature = "quickjs")]
    #[test]
    fn samples_handle_edge_cases() {
        for (sample, input, output) in [
            (0, r#"{"n": 0}"#, "0"),
            (0, r#"{"n": 78}"#, "8944394323791464"),
            (1, r#"{"text": "a😀b"}"#, "\"b😀a\""),
            (2, r#"{"numbers": []}"#, "0"),
            (3, r#"{"number": 1}"#, "false"),
            (3, r#"{"number": 3}"#, "true"),
            (3, r#"{"number": 25}"#, "false"),
            (3, r#"{"number": 49}"#, "false"),
            (4, r#"{"n": 0}"#, "1"),
            (4, r#"{"n": 18}"#, "6402373705728000"),
        ] {
            assert_eq!(call(samples()[sample].code, input), output);
        }
    }
}
