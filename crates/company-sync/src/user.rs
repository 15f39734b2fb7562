//! Who sits before this terminal, as the operating system says; decisions are signed with it.

/// The name of the user that this process runs as.
pub(crate) fn name() -> Option<String> {
    account().or_else(named_by_environment)
}

/// What the environment says, where the system's own list of users does not know the user (a directory service).
fn named_by_environment() -> Option<String> {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.into_iter().find(|name| !name.trim().is_empty())
}

#[cfg(target_os = "linux")]
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let id = std::fs::metadata("/proc/self").ok()?.uid();
    named(&std::fs::read_to_string("/etc/passwd").ok()?, id)
}

#[cfg(not(target_os = "linux"))]
fn account() -> Option<String> {
    None
}

/// The user with this number in a list of the form of `passwd(5)`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no such list to read"))]
fn named(users: &str, id: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# a remark\nana:x:1000:1000:Ana:/home/ana:/bin/sh\n";
        assert_eq!(named(users, 1000).as_deref(), Some("ana"));
        assert_eq!(named(users, 0).as_deref(), Some("root"));
        assert_eq!(named(users, 7), None);
    }
}
