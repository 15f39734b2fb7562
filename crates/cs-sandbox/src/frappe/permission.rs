//! Who may do what: rights by role, and Frappe's words when there is none (facts/FRAPPE.md, traps 7 and status 403).

use std::collections::BTreeSet;

use serde_json::Value;

use super::catalogue::DocType;
use super::refusal::{Class, Message, Refusal};
use super::site::Txn;
use super::values::{Row, text};

/// A kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// To see.
    Read,
    /// To change.
    Write,
    /// To make.
    Create,
    /// To take away.
    Delete,
    /// To submit.
    Submit,
    /// To cancel.
    Cancel,
}

impl Right {
    /// Reads `perm_type`.
    pub fn parse(name: &str) -> Self {
        match name {
            "write" => Self::Write,
            "create" => Self::Create,
            "delete" => Self::Delete,
            "submit" => Self::Submit,
            "cancel" => Self::Cancel,
            _ => Self::Read,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Create => 'c',
            Self::Delete => 'd',
            Self::Submit => 's',
            Self::Cancel => 'x',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Submit => "submit",
            Self::Cancel => "cancel",
        }
    }
}

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All documents.
    All,
    /// One's own.
    Own,
    /// None, though the user has some other right on the kind.
    None,
    /// None of any sort.
    NoRole,
}

impl Txn<'_> {
    fn roles(&self) -> BTreeSet<String> {
        let mut roles = BTreeSet::from(["Guest".to_owned()]);
        if self.user != "Guest" {
            roles.insert("All".to_owned());
        }
        if let Some(user) = self.site.store.get("User", &self.user)
            && let Some(Value::Array(rows)) = user.get("roles")
        {
            roles.extend(rows.iter().map(|row| text(row.get("role"))));
        }
        roles
    }

    /// How far the user's right on a kind goes.
    pub(super) fn reach(&self, doctype: &DocType, right: Right) -> Reach {
        if self.user == "Administrator" {
            return Reach::All;
        }
        let roles = self.roles();
        let mut reach = Reach::NoRole;
        for (_, rights) in doctype.permissions.iter().filter(|(role, _)| roles.contains(role)) {
            if !rights.contains(right.letter()) {
                reach = if reach == Reach::NoRole { Reach::None } else { reach };
            } else if rights.contains('o') {
                reach = Reach::Own;
            } else {
                return Reach::All;
            }
        }
        reach
    }

    /// Whether the user has the right on this document.
    pub(super) fn may(&self, doctype: &DocType, right: Right, row: &Row) -> bool {
        match self.reach(doctype, right) {
            Reach::All => true,
            Reach::Own => right == Right::Create || text(row.get("owner")) == self.user,
            Reach::None | Reach::NoRole => false,
        }
    }

    fn lines(&self, doctype: &DocType, right: Right, of: &str) -> String {
        let user = format!("User <strong>{}</strong>", self.user);
        let access = format!("{user} does not have access to this document{of}");
        if self.reach(doctype, right) == Reach::NoRole {
            let kind = &doctype.name;
            format!(
                "{user} does not have doctype access via role permission for document <strong>{kind}</strong><br>{access}"
            )
        } else {
            access
        }
    }

    /// The refusal of a right on one document; `name` is empty for one that is still to be made.
    pub(super) fn require(&self, doctype: &DocType, right: Right, row: &Row) -> Result<(), Refusal> {
        if self.may(doctype, right, row) {
            return Ok(());
        }
        let (kind, name) = (&doctype.name, text(row.get("name")));
        let of = if name.is_empty() || right == Right::Create {
            String::new()
        } else {
            format!(": {kind} - {name}")
        };
        let mut refusal =
            Refusal::silent(Class::Permission, "").saying(Message::plain(self.lines(doctype, right, &of)));
        let shown = if right == Right::Create { "" } else { &name };
        if right == Right::Delete {
            let text = format!("User not allowed to delete {kind}: {name}");
            refusal.text.clone_from(&text);
            refusal = refusal.saying(Message::thrown(text));
        } else if right != Right::Read {
            refusal.error_message = Some(format!(
                "You need the '{}' permission on <strong>{kind}</strong> {shown} to perform this action.",
                right.name()
            ));
        }
        Err(refusal)
    }

    /// The refusal of a list.
    pub(super) fn no_list(&self, doctype: &DocType) -> Refusal {
        let (user, kind) = (&self.user, &doctype.name);
        let mut refusal = Refusal::silent(Class::Permission, "").saying(Message::plain(format!(
            "User <strong>{user}</strong> does not have doctype access via role permission for document <strong>{kind}</strong>"
        )));
        refusal.error_message = Some(format!("No permission for {kind}"));
        refusal
    }
}
