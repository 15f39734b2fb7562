//! Logging in on the page.

use super::viewer::Viewer;
use crate::service::{Login, PASSWORD, Service};

impl Service {
    /// Logs somebody in.
    #[track_caller]
    pub(super) fn log_in(&self, viewer: &Viewer, login: Login) {
        viewer.open(&self.at("/login"));
        viewer.fill("E-mail", login.address);
        viewer.fill("Password", PASSWORD);
        viewer.press("Log in");
        viewer.see("h1", "Workspace");
    }
}
