//! Chromium, and what a person does with a page: press what is called so, fill in what is labelled so, wait to see.

use std::cell::Cell;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use tokio::runtime::Runtime;

use crate::service::traces;

/// How long a test waits to see something before it fails.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(40);

/// Functions that find what a person would: only what is shown counts, by what it says.
const EYES: &str = "
const shown = element => element.getClientRects().length > 0;
const words = text => text.replace(/\\s+/g, ' ').trim();
const called = element => words(element.getAttribute('aria-label') ?? element.innerText);
const all = css => [...document.querySelectorAll(css)].filter(shown);
const own = label => words([...label.childNodes]
  .filter(part => part.nodeType === 3 || !part.matches('input, select, textarea')).map(part => part.textContent).join(' '));
const labelled = text => all('label').find(label => own(label).startsWith(text))?.control
  ?? all('input, select, textarea').find(control => (control.getAttribute('aria-label') ?? '').startsWith(text));
";

/// A `chromedriver` of this test's own.
pub(super) struct Browser {
    name: &'static str,
    child: Child,
    address: String,
    runtime: Runtime,
    viewers: AtomicU32,
}

impl Browser {
    /// Starts it; `name` is the test's. None, after saying so, where there is no Chromium on this machine.
    pub(super) fn start(name: &'static str) -> Option<Rc<Self>> {
        for tool in ["chromium", "chromedriver"] {
            if !Path::new("/usr/bin").join(tool).exists() {
                println!("skipped: {tool} is not on this machine; scripts/install-tools installs it");
                return None;
            }
        }
        // The tests' HTTP client takes TLS from whoever installed it; here nobody needs any.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut command = Command::new("chromedriver");
        let mut child = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        // It goes on to talk, and must not die of nobody listening.
        std::thread::spawn(move || lines.for_each(drop));
        let address = format!("http://127.0.0.1:{}", port.expect("chromedriver says where it is"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Some(Rc::new(Self { name, child, address, runtime, viewers: AtomicU32::new(1) }))
    }

    /// Another window, which shares nothing with the others.
    pub(super) fn viewer(self: &Rc<Self>) -> Viewer {
        let mut wish = DesiredCapabilities::chrome();
        wish.set_binary("/usr/bin/chromium").unwrap();
        for flag in [
            "--headless=new",
            "--no-sandbox", // its sandbox does not start for root, whom CI tests as
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--lang=en",
            "--window-size=1280,900",
        ] {
            wish.add_arg(flag).unwrap();
        }
        let driver = self.runtime.block_on(WebDriver::new(&self.address, wish)).unwrap();
        let number = self.viewers.fetch_add(1, Ordering::SeqCst);
        Viewer {
            name: format!("{}-{number}", self.name),
            clicks: Cell::new(0),
            pictures: Cell::new(0),
            driver: Some(driver),
            browser: Rc::clone(self),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Every viewer has gone before: nothing of it is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A window with somebody before it.
pub(super) struct Viewer {
    name: String,
    /// What was pressed, ticked or chosen so far, and pictures that were taken on the way.
    clicks: Cell<u32>,
    pictures: Cell<u32>,
    /// Always there, until the end.
    driver: Option<WebDriver>,
    browser: Rc<Browser>,
}

impl Viewer {
    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().unwrap()
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.browser.runtime.block_on(future)
    }

    /// Runs a script in the page that may use [`EYES`].
    #[track_caller]
    pub(super) fn eval<T: DeserializeOwned>(&self, script: &str, arguments: &[Value]) -> T {
        self.try_eval(script, arguments).unwrap_or_else(|error| self.fail(&format!("{script}: {error}")))
    }

    /// The same, where the page may be about to change.
    fn try_eval<T: DeserializeOwned>(&self, script: &str, arguments: &[Value]) -> WebDriverResult<T> {
        let script = format!("{EYES}{script}");
        self.wait(async { self.driver().execute(script, arguments).await?.convert() })
    }

    /// Waits until a page says so.
    #[track_caller]
    pub(super) fn until(&self, what: &str, mut seen: impl FnMut(&Self) -> bool) {
        let over = Instant::now() + PATIENCE;
        while !seen(self) {
            if Instant::now() > over {
                self.fail(&format!("not within {} s: {what}", PATIENCE.as_secs()));
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Opens an address.
    #[track_caller]
    pub(super) fn open(&self, address: &str) {
        self.wait(self.driver().goto(address)).unwrap();
    }

    /// Where it is: path and query.
    pub(super) fn path(&self) -> String {
        self.eval("return location.pathname + location.search", &[])
    }

    /// Waits until something that `css` selects says `text`.
    #[track_caller]
    pub(super) fn see(&self, css: &str, text: &str) {
        self.until(&format!("“{text}” in {css}"), |viewer| viewer.sees(css, text));
    }

    /// Waits until the first that `css` selects says `text`, and nothing besides.
    #[track_caller]
    pub(super) fn see_exactly(&self, css: &str, text: &str) {
        let said = "return all(arguments[0])[0]?.innerText.trim()";
        self.until(&format!("“{text}” and no more in {css}"), |viewer| {
            viewer
                .try_eval::<Option<String>>(said, &[json!(css)])
                .is_ok_and(|said| said.as_deref() == Some(text))
        });
    }

    /// Whether something that `css` selects says `text` now.
    pub(super) fn sees(&self, css: &str, text: &str) -> bool {
        let script = "return document.readyState === 'complete' && all(arguments[0]).some(e => words(e.innerText).includes(arguments[1]))";
        self.try_eval(script, &[json!(css), json!(text)]).unwrap_or(false)
    }

    /// What everything that `css` selects says.
    pub(super) fn read(&self, css: &str) -> Vec<String> {
        self.eval("return all(arguments[0]).map(e => words(e.innerText))", &[json!(css)])
    }

    /// Waits for what is found by a script, and does something with it; what cannot be done yet is tried again.
    #[track_caller]
    fn with(
        &self,
        what: &str,
        script: &str,
        arguments: &[Value],
        act: impl AsyncFn(WebElement) -> WebDriverResult<()>,
    ) {
        let script = format!("{EYES}return {script} ?? null");
        self.until(what, |viewer| {
            viewer
                .wait(async {
                    let found = viewer.driver().execute(script.as_str(), arguments).await?;
                    act(found.element()?).await
                })
                .is_ok()
        });
    }

    /// Presses the button or link that is called so.
    #[track_caller]
    pub(super) fn press(&self, name: &str) {
        self.press_in("body", name);
    }

    /// Presses the button or link that is called so, within the first of what `css` selects that has one.
    #[track_caller]
    pub(super) fn press_in(&self, css: &str, name: &str) {
        let script = "all(arguments[0]).flatMap(e => [...e.querySelectorAll('button, a, summary')])
            .find(e => shown(e) && called(e) === arguments[1])";
        self.with(&format!("“{name}” to press"), script, &[json!(css), json!(name)], async |found| {
            found.click().await
        });
        self.count_click();
    }

    /// Clicks the first that `css` selects.
    #[track_caller]
    pub(super) fn click(&self, css: &str) {
        self.with(&format!("{css} to click"), "all(arguments[0])[0]", &[json!(css)], async |found| {
            found.click().await
        });
        self.count_click();
    }

    fn count_click(&self) {
        self.clicks.set(self.clicks.get() + 1);
    }

    /// How often something was pressed, ticked or chosen so far; typing is none of it.
    pub(super) fn clicks(&self) -> u32 {
        self.clicks.get()
    }

    /// Takes a picture of the window as it is now, for people who want to see the way: `mapping-1-03-published.png`.
    #[track_caller]
    pub(super) fn picture(&self, step: &str) {
        let number = self.pictures.get() + 1;
        self.pictures.set(number);
        let file = traces().join(format!("{}-{number:02}-{step}.png", self.name));
        self.wait(self.driver().screenshot(&file)).unwrap();
    }

    /// Types into the field with this label, in place of what is there.
    #[track_caller]
    pub(super) fn fill(&self, label: &str, text: &str) {
        self.with(
            &format!("a field “{label}”"),
            "labelled(arguments[0])",
            &[json!(label)],
            async |found| {
                found.clear().await?;
                found.send_keys(text).await
            },
        );
    }

    /// Gives a file to the field with this label.
    #[track_caller]
    pub(super) fn attach(&self, label: &str, file: &Path) {
        let file = file.to_str().unwrap();
        self.with(
            &format!("a field “{label}”"),
            "labelled(arguments[0])",
            &[json!(label)],
            async |found| found.send_keys(file).await,
        );
    }

    /// Says a day in the field with this label, as its calendar would: what is typed depends on the machine's region.
    #[track_caller]
    pub(super) fn pick_day(&self, label: &str, day: &str) {
        self.eval::<Value>("labelled(arguments[0]).value = arguments[1]", &[json!(label), json!(day)]);
    }

    /// Chooses from the list with this label what begins so.
    #[track_caller]
    pub(super) fn choose(&self, label: &str, option: &str) {
        let script =
            "[...(labelled(arguments[0])?.options ?? [])].find(o => words(o.text).startsWith(arguments[1]))";
        self.with(
            &format!("“{option}” in “{label}”"),
            script,
            &[json!(label), json!(option)],
            async |found| found.click().await,
        );
        self.count_click();
    }

    /// Ticks the box, or the choice, with this label.
    #[track_caller]
    pub(super) fn tick(&self, label: &str) {
        self.with(
            &format!("“{label}” to tick"),
            "labelled(arguments[0])",
            &[json!(label)],
            async |found| found.click().await,
        );
        self.count_click();
    }

    /// Answers yes to what the page asks.
    #[track_caller]
    pub(super) fn agree(&self) {
        self.until("a question to answer", |viewer| viewer.wait(viewer.driver().accept_alert()).is_ok());
    }

    /// Marks the page; a page that is loaded anew has lost the mark.
    pub(super) fn mark(&self) {
        self.eval::<Value>("window.marked = true", &[]);
    }

    /// Whether this is still the page that was marked.
    pub(super) fn is_marked(&self) -> bool {
        self.eval("return window.marked === true", &[])
    }

    /// Fails with what is on the page. The pictures are taken when the windows close.
    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        let shown: WebDriverResult<String> =
            self.try_eval("return location.href + '\\n' + document.body.innerText", &[]);
        let shown = shown.unwrap_or_else(|error| error.to_string());
        let start: String = shown.chars().take(3_000).collect();
        panic!("{why}\n--- {} shows\n{start}", self.name);
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let Some(driver) = self.driver.take() else { return };
        if std::thread::panicking() {
            let picture = traces().join(format!("{}.png", self.name));
            match self.wait(driver.screenshot(&picture)) {
                Ok(()) => eprintln!("what {} shows: {}", self.name, picture.display()),
                Err(error) => eprintln!("no picture of {}: {error}", self.name),
            }
        }
        // A browser that is gone cannot be closed.
        let _ = self.wait(driver.quit());
    }
}
