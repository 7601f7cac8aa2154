//! Resolves specifiers: which module `import "./price"` in a file means.

use super::builtin_modules;
use super::presets::PresetNames;
use crate::model::specifier::{find, path_of};
use crate::runtime::preset::scheme_of;

/// The name of the module that `specifier` means in the file or module `base`: the path of a file, or
/// the name of a built-in or preset module. `has` tells whether the upload has a file.
///
/// # Errors
/// What is wrong and what to do.
pub(super) fn resolve(
    base: &str,
    specifier: &str,
    has: impl Fn(&str) -> bool,
    presets: &PresetNames,
) -> Result<String, String> {
    if presets.has(specifier) {
        return Ok(specifier.to_owned());
    }
    if presets.has(base) && path_of(base, specifier).is_some() {
        return Err(format!(
            "\"{specifier}\" is a file, and the module {base} of the host has none: import built-in \
             modules, and modules of the host by name"
        ));
    }
    if let Some(path) = path_of(base, specifier) {
        let path = path.ok_or_else(|| format!("\"{specifier}\" is outside the upload"))?;
        return find(&path, &has).ok_or_else(|| {
            format!(
                "there is no file for \"{specifier}\" (looked for {path}): upload it with the \
                 others in `modules`, or bundle the code into one file"
            )
        });
    }
    if let Some(builtin) = builtin_modules::find(specifier) {
        return Ok(builtin.name.to_owned());
    }
    Err(if specifier.starts_with("node:") {
        format!("there is no built-in module \"{specifier}\" here")
    } else if let Some(file) = find(specifier, &has) {
        format!("\"{specifier}\" is the name of a package: write \"./{file}\" for the file")
    } else if specifier.contains("://") || specifier.starts_with("data:") {
        format!("\"{specifier}\" is a URL: code is not loaded from the network. {BUNDLE}")
    } else if scheme_of(specifier).is_some() && !presets.is_empty() {
        let known = presets.listed();
        format!("there is no module \"{specifier}\": the modules of the host are {known}")
    } else {
        format!("the package \"{specifier}\" is not part of the upload. {BUNDLE}")
    })
}

/// What to do about a package.
const BUNDLE: &str = "Bundle your code and its packages into one file, such as with `npx esbuild \
    index.js --bundle --format=esm --platform=node --outfile=bundle.js`, and upload that file";

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 6] = [
        "index.ts",
        "lib/price.ts",
        "lib/index.js",
        "lib/deep/a.cjs",
        "data.json",
        "view.tsx",
    ];

    #[test]
    fn a_relative_specifier_is_found_with_and_without_its_ending() {
        for (base, specifier, file) in [
            ("index.ts", "./lib/price.ts", "lib/price.ts"),
            ("index.ts", "./lib/price", "lib/price.ts"),
            ("index.ts", "./lib/price.js", "lib/price.ts"),
            ("index.ts", "./view.jsx", "view.tsx"),
            ("index.ts", "./lib", "lib/index.js"),
            ("index.ts", "./lib/", "lib/index.js"),
            ("lib/price.ts", ".", "lib/index.js"),
            ("lib/price.ts", "..", "index.ts"),
            ("lib/deep/a.cjs", "../../data.json", "data.json"),
            ("lib/deep/a.cjs", "./a", "lib/deep/a.cjs"),
            ("lib/price.ts", "/data", "data.json"),
            ("lib/price.ts", "file:///data.json", "data.json"),
        ] {
            let found = resolve(
                base,
                specifier,
                |path| FILES.contains(&path),
                &PresetNames::default(),
            );
            assert_eq!(found.as_deref(), Ok(file), "{specifier} in {base}");
        }
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_to_do() {
        for (base, specifier, message) in [
            ("index.ts", "./none", "no file for \"./none\""),
            ("index.ts", "../index.ts", "outside the upload"),
            ("index.ts", "axios", "npx esbuild"),
            ("index.ts", "data.json", "write \"./data.json\""),
            ("index.ts", "https://esm.sh/x", "is a URL"),
            ("index.ts", "node:nothing", "no built-in module"),
        ] {
            let has = |path: &str| FILES.contains(&path);
            let error = resolve(base, specifier, has, &PresetNames::default()).unwrap_err();
            assert!(error.contains(message), "{specifier}: {error}");
        }
    }

    #[test]
    fn a_module_of_the_host_is_found_by_its_name_only() {
        let presets: PresetNames = ["acme:tools", "acme:more"].into_iter().collect();
        let resolve = |base, specifier| {
            let has = |path: &str| FILES.contains(&path) || path == "acme:tools";
            resolve(base, specifier, has, &presets)
        };
        for base in ["index.ts", "acme:more", "node:events"] {
            assert_eq!(resolve(base, "acme:tools").as_deref(), Ok("acme:tools"));
        }
        for (base, specifier, message) in [
            (
                "index.ts",
                "acme:none",
                "of the host are acme:more, acme:tools",
            ),
            (
                "index.ts",
                "npm:axios",
                "of the host are acme:more, acme:tools",
            ),
            ("index.ts", "tools", "npx esbuild"),
            ("acme:tools", "./index.ts", "is a file"),
            ("acme:tools", "/index.ts", "is a file"),
            ("acme:tools", "acme:none", "of the host are"),
        ] {
            let error = resolve(base, specifier).unwrap_err();
            assert!(error.contains(message), "{specifier} in {base}: {error}");
        }
    }
}
