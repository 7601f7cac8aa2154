//! Which function: its id or its name.

use std::fmt;

use faas_api::FunctionKey;
use faas_core::model::FunctionId;
use url::Url;

/// A function, by its id or by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Its id.
    Id(FunctionId),
    /// Its name.
    Name(String),
}

impl Target {
    /// Reads what a person wrote: an id, otherwise a name.
    pub fn of(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::Id(id),
            Err(_) => Self::Name(text.to_owned()),
        }
    }

    /// The path of the function's routes, such as `/api/functions/by-name/greet`.
    pub fn path(&self) -> String {
        match self {
            Self::Id(id) => format!("/api/functions/{id}"),
            Self::Name(name) => format!("/api/functions/by-name/{}", segment(name)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl From<FunctionId> for Target {
    fn from(id: FunctionId) -> Self {
        Self::Id(id)
    }
}

impl From<FunctionKey> for Target {
    fn from(id: FunctionKey) -> Self {
        Self::Id(id.0)
    }
}

/// The text is a name, even if it looks like an id.
impl From<&str> for Target {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<&Self> for Target {
    fn from(target: &Self) -> Self {
        target.clone()
    }
}

/// `text` as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let Ok(mut url) = Url::parse("http://x/") else {
        return String::new();
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().push(text);
    }
    url.path().trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_of_the_path_whatever_it_contains() {
        for (name, path) in [
            ("greet", "greet"),
            ("a/b", "a%2Fb"),
            ("a b?c#d%", "a%20b%3Fc%23d%25"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ] {
            let target = Target::from(name);
            assert_eq!(target.path(), format!("/api/functions/by-name/{path}"));
        }
    }

    #[test]
    fn what_a_person_writes_is_an_id_only_if_it_has_the_form_of_one() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(Target::of(id).path(), format!("/api/functions/{id}"));
        assert_eq!(Target::of("01890a5d"), Target::from("01890a5d"));
    }
}
