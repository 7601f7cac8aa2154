//! Who calls a function.

use std::sync::Arc;

/// Who called a function: an API key, or a tenant of the host. It is kept with the execution, and host
/// functions get it with each call, so that they can serve each caller its own data.
///
/// ```
/// use faas_core::model::CallerLabel;
///
/// let tenant = CallerLabel::new("tenant-7").named("Acme");
/// assert_eq!(&*tenant.id, "tenant-7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallerLabel {
    /// What tells callers apart: the id of an API key, or a text of the host. 1 to 255 bytes.
    pub id: Arc<str>,
    /// What people call them; at most 255 bytes. Two callers can have the same name.
    pub name: Option<Arc<str>>,
}

impl CallerLabel {
    /// The longest id and the longest name, in bytes.
    pub const MAX_LENGTH: usize = 255;

    /// A caller without a name.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self {
            id: id.into(),
            name: None,
        }
    }

    /// Sets what people call them.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Returns what is wrong with the id or the name, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        let max = Self::MAX_LENGTH;
        let is_wrong = |text: &str| text.len() > max || text.chars().any(char::is_control);
        if self.id.is_empty() || is_wrong(&self.id) {
            return Some(format!(
                "the id of the caller must be 1 to {max} bytes without control characters"
            ));
        }
        self.name.as_deref().is_some_and(is_wrong).then(|| {
            format!("the name of the caller must be at most {max} bytes without control characters")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_bounded() {
        let long = "x".repeat(CallerLabel::MAX_LENGTH);
        for right in [
            CallerLabel::new("a"),
            CallerLabel::new(&*long),
            CallerLabel::new("ü").named(&*long),
            CallerLabel::new("a").named(""),
        ] {
            assert_eq!(right.fault(), None);
        }
        let longer = format!("{long}x");
        for wrong in [
            CallerLabel::new(""),
            CallerLabel::new("a\n"),
            CallerLabel::new(&*longer),
            CallerLabel::new("a").named("\u{0}"),
            CallerLabel::new("a").named(&*longer),
        ] {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
    }
}
