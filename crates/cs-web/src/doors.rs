//! The doors of the service: every route, and the right that opens it. There is no other way to add a route, so that none is
//! without a rule.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use cs_ports::Right;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::error;
use crate::guard::{self, Guarded};
use crate::web::{self, Web};

/// Who may pass a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody: the login page, what browsers load for it, and what probes ask.
    Open,
    /// Everybody who is logged in, whatever their part: their own profile, logging out.
    LoggedIn,
    /// Whoever has this right.
    Needs(Right),
    /// Whoever shows the secret that was agreed on: the two systems' hints. The office holds what is shown against it.
    Signed,
}

/// What a door answers with, and so in which form it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Pages for people.
    Page,
    /// JSON for programs.
    Api,
}

/// A route with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// How it is called.
    pub method: Method,
    /// Where; `{id}` stands for anything.
    pub path: String,
    /// Who may.
    pub rule: Rule,
}

/// The routes being put together.
pub(crate) struct Doors {
    web: Arc<Web>,
    router: Router<Arc<Web>>,
    table: Vec<Door>,
    pub(crate) openapi: OpenApi,
}

impl Doors {
    pub(crate) fn new(web: Arc<Web>) -> Self {
        Self { web, router: Router::new(), table: Vec::new(), openapi: OpenApi::default() }
    }

    /// A page that is looked at.
    pub(crate) fn get<H, T>(self, path: &str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Arc<Web>>,
        T: 'static,
    {
        self.add(Method::GET, path, rule, on(MethodFilter::GET, handler))
    }

    /// Something for programs that is looked at, and is no operation of the API.
    pub(crate) fn get_json<H, T>(mut self, path: &str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Arc<Web>>,
        T: 'static,
    {
        self.table.push(Door { method: Method::GET, path: path.to_owned(), rule });
        let guarded = self.guarded(on(MethodFilter::GET, handler), rule, Manner::Api);
        self.router = self.router.route(path, guarded);
        self
    }

    /// A form that is sent.
    pub(crate) fn post<H, T>(self, path: &str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Arc<Web>>,
        T: 'static,
    {
        self.add(Method::POST, path, rule, on(MethodFilter::POST, handler))
    }

    fn add(mut self, method: Method, path: &str, rule: Rule, route: MethodRouter<Arc<Web>>) -> Self {
        self.table.push(Door { method, path: path.to_owned(), rule });
        let guarded = self.guarded(route, rule, Manner::Page);
        self.router = self.router.route(path, guarded);
        self
    }

    /// Operations of the API, with what describes them. Their path and methods are those of the description.
    pub(crate) fn api(mut self, rule: Rule, routes: UtoipaMethodRouter<Arc<Web>>) -> Self {
        let (schemas, paths, route) = routes;
        let once = from_fn_with_state(Arc::clone(&self.web), crate::api::once);
        let route = self.guarded(route.layer(once), rule, Manner::Api);
        for (path, mut item) in paths.paths {
            for method in methods(&item) {
                self.table.push(Door { method, path: path.clone(), rule });
            }
            crate::api::describe_rule(&path, &mut item, rule);
            self.router = self.router.route(&path, route.clone());
            self.openapi.paths.paths.entry(path).or_default().merge_operations(item);
        }
        self.add_schemas(schemas);
        self
    }

    fn add_schemas(&mut self, schemas: Vec<(String, RefOr<Schema>)>) {
        self.openapi.components.get_or_insert_default().schemas.extend(schemas);
    }

    fn guarded(&self, route: MethodRouter<Arc<Web>>, rule: Rule, manner: Manner) -> MethodRouter<Arc<Web>> {
        let guarded = Guarded { web: Arc::clone(&self.web), rule, manner };
        route.layer(from_fn_with_state(guarded, guard::guard))
    }

    /// The routes, with an answer for every other path.
    pub(crate) fn into_router(self) -> Router {
        let lost = Guarded { web: Arc::clone(&self.web), rule: Rule::Open, manner: Manner::Page };
        self.router
            .fallback(error::not_found)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(from_fn_with_state(lost, guard::render_refusals))
            .with_state(self.web)
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let known = [
        (Method::GET, item.get.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::PATCH, item.patch.is_some()),
        (Method::DELETE, item.delete.is_some()),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect()
}

/// Every route of the service with its rule, for whoever wants to walk them all.
pub fn table(web: &Arc<Web>) -> Vec<Door> {
    web::doors(web).table
}
