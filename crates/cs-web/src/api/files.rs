//! Reports that are uploaded, for tasks that compare them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use cs_ports::Right;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::asked::{Params, body_of};
use crate::doors::{Doors, Rule};
use crate::error::WebError;
use crate::office::ReportAbout;
use crate::visit::Visit;
use crate::web::Web;
use crate::work::uploads;

pub(super) fn doors(doors: Doors) -> Doors {
    doors.api(Rule::Needs(Right::Run), routes!(keep))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The key of the company whose report it is.
    company: String,
    /// What the file is called; its ending tells nothing, its bytes do.
    name: String,
}

/// The bytes of a file, no more than may be.
struct Bytes(axum::body::Bytes);

impl FromRequest<Arc<Web>> for Bytes {
    type Rejection = WebError;

    async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, WebError> {
        let limit = web.exposure.upload_bytes;
        body_of(request, "application/octet-stream", limit).await.map(Self)
    }
}

/// A file that is kept.
#[derive(Debug, Serialize, ToSchema)]
struct FileShown {
    /// What `POST /api/v1/tasks` takes as `file`: the SHA-256 of its bytes.
    id: String,
    name: String,
    size: u64,
    /// What was found in it.
    report: ReportAbout,
}

/// Looks into a report and keeps it
#[utoipa::path(post, path = "/api/v1/files", operation_id = "upload_file", tag = "files", params(Asked),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The file", body = FileShown)))]
async fn keep(
    visit: Visit,
    Params(asked): Params<Asked>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<FileShown>), WebError> {
    let (file, report) = uploads::keep(&visit, &asked.company, &asked.name, &bytes).await?;
    let shown = FileShown { id: file.id.0, name: file.name, size: file.size, report };
    Ok((StatusCode::CREATED, Json(shown)))
}
