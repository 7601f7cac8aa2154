//! Which file of a function the specifier of an import means: `./price` may be `price.ts`.

/// The endings that a specifier may leave out, in the order in which they are tried.
const ENDINGS: [&str; 9] = [
    ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json",
];

/// The endings of TypeScript files that are imported under the name of the JavaScript that other
/// tools make of them.
const EMITTED: [(&str, &[&str]); 4] = [
    (".js", &[".ts", ".tsx"]),
    (".mjs", &[".mts"]),
    (".cjs", &[".cts"]),
    (".jsx", &[".tsx"]),
];

/// Returns the path that a relative or absolute specifier means in the file `base`; the inner `None` if
/// the path is outside the upload, the outer one if the specifier is the name of a package.
pub fn path_of(base: &str, specifier: &str) -> Option<Option<String>> {
    let (folder, path) = if let Some(path) = specifier.strip_prefix("file:///") {
        ("", path)
    } else if let Some(path) = specifier.strip_prefix('/') {
        ("", path)
    } else if specifier.starts_with("./")
        || specifier.starts_with("../")
        || matches!(specifier, "." | "..")
    {
        (
            base.rsplit_once('/').map_or("", |(folder, _)| folder),
            specifier,
        )
    } else {
        return None;
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Some(None);
                }
            }
            part => parts.push(part),
        }
    }
    Some(Some(parts.join("/")))
}

/// Returns the file that a path means, with or without its ending. `has` tells whether there is a file.
pub fn find(path: &str, has: impl Fn(&str) -> bool) -> Option<String> {
    if has(path) {
        return Some(path.to_owned());
    }
    let emitted = EMITTED.iter().find_map(|(ending, sources)| {
        let stem = path.strip_suffix(ending)?;
        sources
            .iter()
            .map(|source| format!("{stem}{source}"))
            .find(|path| has(path))
    });
    let index = if path.is_empty() {
        "index".to_owned()
    } else {
        format!("{path}/index")
    };
    emitted.or_else(|| {
        [path, &index].into_iter().find_map(|path| {
            ENDINGS
                .iter()
                .map(|ending| format!("{path}{ending}"))
                .find(|path| has(path))
        })
    })
}
