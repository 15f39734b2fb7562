//! Serving a system over HTTP on 127.0.0.1: start, count, break on purpose, stop.
//!
//! A system brings a router and a [`Face`]; everything around a request that is the same for both systems is here:
//! reading the body, counting reads and writes, and applying [`Faults`] before or after the router did the work. A
//! dropped connection is a real one: the socket refuses the answer's first byte, so the client sees it close with
//! nothing received.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::faults::{FaultKind, Faults, SystemName};

/// Where the sandbox takes the time from.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(jiff::Timestamp::now)
}

/// The largest body that is read; what is longer is refused with 413.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// What kind of request one is: decides the fault counters and the read/write counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKind {
    /// The operation, as a fault file names it.
    pub operation: String,
    /// The module or `DocType`, where the request has one.
    pub target: Option<String>,
    /// Whether it changes records.
    pub writes: bool,
}

/// How one system looks when it fails; what the fault layer cannot know by itself.
pub trait Face: Send + Sync + 'static {
    /// Which system this is.
    fn system(&self) -> SystemName;
    /// What kind of request this is. Must not fail: what cannot be read is an operation of its own.
    fn classify(&self, parts: &Parts, body: &[u8]) -> RequestKind;
    /// The answer for one of [`FaultKind::ErrorBefore`], `ErrorAfter`, `Html`, `HtmlAfter`, `SessionExpired` (which
    /// also forgets the session) and `RateLimited`.
    fn failure(&self, kind: FaultKind, parts: &Parts, body: &[u8]) -> Response<Body>;
}

/// How many requests a server got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// Those that only read, logins included.
    pub read: u64,
    /// Those that meant to change records, whether or not they were let through.
    pub write: u64,
}

#[derive(Debug, Default)]
struct Tally {
    read: AtomicU64,
    write: AtomicU64,
}

/// A running server. Dropping it stops it as well, without waiting.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    tally: Arc<Tally>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// The address it listens on, with the port that was really taken.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The requests so far.
    pub fn requests(&self) -> Requests {
        Requests {
            read: self.tally.read.load(Ordering::Relaxed),
            write: self.tally.write.load(Ordering::Relaxed),
        }
    }

    /// Takes no new connections, finishes the requests under way, and returns when all are closed.
    pub async fn shutdown(self) -> io::Result<()> {
        // The receiver is gone only when the server has already ended.
        let _ = self.stop.send(());
        self.task.await.map_err(io::Error::other)?
    }
}

struct Around {
    face: Arc<dyn Face>,
    faults: Faults,
    tally: Arc<Tally>,
}

/// Serves `router` on `addr` (port 0: a free one) with `faults` around it.
pub async fn serve(
    router: Router,
    face: Arc<dyn Face>,
    faults: Faults,
    addr: SocketAddr,
) -> io::Result<Server> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let tally = Arc::<Tally>::default();
    let around = Arc::new(Around { face, faults, tally: Arc::clone(&tally) });
    let service =
        router.layer(from_fn_with_state(around, surround)).into_make_service_with_connect_info::<Cord>();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        axum::serve(CordedListener(listener), service)
            .with_graceful_shutdown(async {
                // A dropped handle means stop, too.
                let _ = stopped.await;
            })
            .await
    });
    Ok(Server { addr, tally, stop, task })
}

async fn surround(
    State(around): State<Arc<Around>>,
    ConnectInfo(cord): ConnectInfo<Cord>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return bare(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let kind = around.face.classify(&parts, &bytes);
    let counter = if kind.writes { &around.tally.write } else { &around.tally.read };
    counter.fetch_add(1, Ordering::Relaxed);
    let verdict = around.faults.next(around.face.system(), &kind.operation, kind.target.as_deref());
    if !verdict.delay.is_zero() {
        tokio::time::sleep(verdict.delay).await;
    }
    let Some(blow) = verdict.blow else {
        return next.run(Request::from_parts(parts, Body::from(bytes))).await;
    };
    let answer = if blow.comes_after_the_work() {
        Some(next.run(Request::from_parts(parts.clone(), Body::from(bytes.clone()))).await)
    } else {
        None
    };
    match (blow, answer) {
        (FaultKind::DropBefore | FaultKind::DropAfter, _) => {
            cord.cut();
            // Never reaches the client: the socket refuses it.
            bare(StatusCode::INTERNAL_SERVER_ERROR)
        }
        (FaultKind::Truncated, Some(answer)) => truncated(answer).await,
        (blow, _) => around.face.failure(blow, &parts, &bytes),
    }
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Announces the whole body, sends half of it, and breaks off.
async fn truncated(answer: Response<Body>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().max(1).into());
    let pieces: [Result<Bytes, io::Error>; 2] = [Ok(half), Err(io::ErrorKind::ConnectionAborted.into())];
    Response::from_parts(parts, Body::from_stream(futures_util::stream::iter(pieces)))
}

/// The cord by which a request can pull its connection down.
#[derive(Debug, Clone, Default)]
struct Cord(Arc<AtomicBool>);

impl Cord {
    fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl Connected<IncomingStream<'_, CordedListener>> for Cord {
    fn connect_info(stream: IncomingStream<'_, CordedListener>) -> Self {
        stream.io().cord.clone()
    }
}

struct CordedListener(TcpListener);

impl Listener for CordedListener {
    type Io = CordedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // axum's own accept outlives passing errors (too many open files) by waiting.
        let (stream, addr) = Listener::accept(&mut self.0).await;
        (CordedStream { stream, cord: Cord::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

struct CordedStream {
    stream: TcpStream,
    cord: Cord,
}

impl AsyncRead for CordedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CordedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.cord.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.cord.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
