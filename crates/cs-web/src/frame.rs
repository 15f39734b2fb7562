//! What stands around every page: who is logged in, where they are, what needs attention.

use cs_ports::Right;

use crate::caller::Caller;
use crate::words::Words;

/// A place of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Workspace,
    Scheduler,
    Sync,
    Mappings,
    Conflicts,
    Errors,
    Records,
    Log,
    Settings,
    Users,
    Profile,
}

/// An entry of the navigation.
pub(crate) struct Entry {
    pub(crate) section: Section,
    pub(crate) path: &'static str,
    pub(crate) label: &'static str,
    /// The id of its picture in `icons.svg`, drawn in the layout.
    pub(crate) icon: &'static str,
    needs: Right,
}

/// The navigation, in its order.
const ENTRIES: [Entry; 10] = [
    Entry {
        section: Section::Workspace,
        path: "/",
        label: "nav-workspace",
        icon: "home",
        needs: Right::Read,
    },
    Entry {
        section: Section::Scheduler,
        path: "/scheduler",
        label: "nav-scheduler",
        icon: "clock",
        needs: Right::Read,
    },
    Entry { section: Section::Sync, path: "/sync", label: "nav-sync", icon: "sync", needs: Right::Read },
    Entry {
        section: Section::Mappings,
        path: "/mappings",
        label: "nav-mappings",
        icon: "pair",
        needs: Right::Read,
    },
    Entry {
        section: Section::Conflicts,
        path: "/conflicts",
        label: "nav-conflicts",
        icon: "fork",
        needs: Right::Read,
    },
    Entry {
        section: Section::Errors,
        path: "/errors",
        label: "nav-errors",
        icon: "alert",
        needs: Right::Read,
    },
    Entry {
        section: Section::Records,
        path: "/records",
        label: "nav-records",
        icon: "search",
        needs: Right::Read,
    },
    Entry { section: Section::Log, path: "/log", label: "nav-log", icon: "list", needs: Right::Read },
    Entry {
        section: Section::Settings,
        path: "/settings",
        label: "nav-settings",
        icon: "gear",
        needs: Right::Configure,
    },
    Entry {
        section: Section::Users,
        path: "/users",
        label: "nav-users",
        icon: "people",
        needs: Right::Administer,
    },
];

/// What every page's template gets besides what it is about.
pub(crate) struct Frame {
    pub(crate) words: Words,
    pub(crate) caller: Caller,
    pub(crate) section: Section,
    /// The page's title, in the reader's language.
    pub(crate) title: String,
    /// Said once, after something was done: the key of a message.
    pub(crate) notice: Option<String>,
}

impl Frame {
    pub(crate) fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    pub(crate) fn count(&self, key: &str, count: &u64) -> String {
        self.words.count(key, count)
    }

    /// What this person can go to.
    pub(crate) fn entries(&self) -> Vec<&'static Entry> {
        ENTRIES.iter().filter(|entry| self.caller.may(entry.needs)).collect()
    }

    /// Whether the person may, by the right's name: what they may not is not offered.
    pub(crate) fn may(&self, right: &str) -> bool {
        Right::parse(right).is_some_and(|right| self.caller.may(right))
    }

    /// What forms carry (`_csrf`).
    pub(crate) fn csrf(&self) -> &str {
        self.caller.csrf().unwrap_or_default()
    }

    /// The address of a script or a style; it changes when they do.
    #[allow(clippy::unused_self, reason = "templates ask their frame")]
    pub(crate) fn asset(&self, name: &str) -> String {
        crate::assets::address(name)
    }
}
