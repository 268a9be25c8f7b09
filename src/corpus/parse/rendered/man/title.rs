//! What a page is about, as its first section says it: `tar, gtar - an archiver`.

/// The names, and what they are.
pub(super) fn names_and_description(section: &str) -> (&str, &str) {
    let mut dashes = [" - ", " – ", " — ", " -- "].iter();
    let parts = dashes.find_map(|dash| section.split_once(dash));
    parts.unwrap_or((section, ""))
}

/// The name that a page is filed under, often in capital letters, as its own text writes it.
pub(super) fn name_as_written(names: &str, filed: &str) -> String {
    let mut each = names.split([',', ' ']);
    if let Some(name) = each.find(|name| name.eq_ignore_ascii_case(filed)) {
        return name.to_owned();
    }
    // `GIT_ADD` for `git add`.
    let joined = names.trim().replace([' ', '-'], "_");
    match joined.eq_ignore_ascii_case(&filed.replace('-', "_")) {
        true => filed.to_lowercase(),
        false => filed.to_owned(),
    }
}
