//! Styles and scripts: few, ours, compiled in, and kept by browsers as long as they do not change.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::password::digest;

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const ASSETS: [Asset; 3] = [
    Asset { name: "desk.css", kind: "text/css; charset=utf-8", text: include_str!("../assets/desk.css") },
    Asset {
        name: "desk.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/desk.js"),
    },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: include_str!("../assets/icon.svg") },
];

pub(crate) fn doors(doors: Doors) -> Doors {
    doors.get("/assets/{version}/{name}", Rule::Open, serve)
}

/// The address of an asset: its digest is part of it.
pub(crate) fn address(name: &str) -> String {
    let version = ASSETS.iter().find(|asset| asset.name == name).map(version).unwrap_or_default();
    format!("/assets/{version}/{name}")
}

fn version(asset: &Asset) -> String {
    let mut version = digest(asset.text);
    version.truncate(12);
    version
}

async fn serve(Path((_, name)): Path<(String, String)>) -> Result<Response, WebError> {
    let asset =
        ASSETS.iter().find(|asset| asset.name == name).ok_or_else(|| WebError::not_there("file", &name))?;
    let kept = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, kept)], asset.text).into_response())
}
