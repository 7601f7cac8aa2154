//! The parts of a connection string.

/// `mongodb://[user:password@]hosts[/database][?options]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    /// With its `@`; empty where there is none.
    user: String,
    hosts: String,
    /// Empty where there is none.
    database: String,
    /// Each as `name=value`.
    options: Vec<String>,
}

impl Uri {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("mongodb://")?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (format!("{user}@"), place),
            None => (String::new(), place),
        };
        let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
        if hosts.is_empty() {
            return None;
        }
        let options = options.split('&').filter(|option| !option.is_empty());
        Some(Self {
            user,
            hosts: hosts.to_owned(),
            database: database.to_owned(),
            options: options.map(str::to_owned).collect(),
        })
    }

    /// The first host with its port.
    pub(crate) fn first_host(&self) -> String {
        let host = self.hosts.split(',').next().unwrap_or_default();
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port {
            host.to_owned()
        } else {
            format!("{host}:27017")
        }
    }

    /// The same at `host` alone.
    pub(crate) fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.hosts);
        self.set("directConnection", "true");
        self
    }

    /// The same with another database. Whoever logs in still does so where they did.
    pub(crate) fn with_database(mut self, database: &str) -> Self {
        let before = std::mem::replace(&mut self.database, database.to_owned());
        if !self.user.is_empty() && !self.has("authSource") {
            let source = if before.is_empty() { "admin" } else { &before };
            self.set("authSource", source);
        }
        self
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|option| is(option, name))
    }

    fn set(&mut self, name: &str, value: &str) {
        self.options.retain(|option| !is(option, name));
        self.options.push(format!("{name}={value}"));
    }
}

fn is(option: &str, name: &str) -> bool {
    let (named, _) = option.split_once('=').unwrap_or((option, ""));
    named.eq_ignore_ascii_case(name)
}

impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mongodb://{}{}/{}", self.user, self.hosts, self.database)?;
        if !self.options.is_empty() {
            write!(f, "?{}", self.options.join("&"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    #[test]
    fn a_database_is_named_and_whoever_logs_in_still_does_so_where_they_did() {
        for (text, named) in [
            ("mongodb://h", "mongodb://h/x"),
            ("mongodb://h/", "mongodb://h/x"),
            ("mongodb://h,i:2/old?w=1", "mongodb://h,i:2/x?w=1"),
            ("mongodb://h?w=1", "mongodb://h/x?w=1"),
            ("mongodb://u:p@h", "mongodb://u:p@h/x?authSource=admin"),
            ("mongodb://u:p@h/old", "mongodb://u:p@h/x?authSource=old"),
            (
                "mongodb://u:p@h/?authsource=a",
                "mongodb://u:p@h/x?authsource=a",
            ),
        ] {
            assert_eq!(read(text).with_database("x").to_string(), named);
        }
    }

    #[test]
    fn a_line_leads_to_the_first_host_alone() {
        for (text, host) in [
            ("mongodb://h", "h:27017"),
            ("mongodb://u:p@h:1,i:2/d", "h:1"),
            ("mongodb://[::1]:3/d", "[::1]:3"),
            ("mongodb://[::1]/d", "[::1]:27017"),
        ] {
            assert_eq!(read(text).first_host(), host);
        }
        let moved = read("mongodb://u:p@h:1,i:2/d?directConnection=false").at("j:4");
        assert_eq!(
            moved.to_string(),
            "mongodb://u:p@j:4/d?directConnection=true"
        );
    }

    #[test]
    fn what_is_no_uri_is_none() {
        for text in ["", "h", "mongodb+srv://h", "mongodb://", "mongodb://u@/d"] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
    }
}
