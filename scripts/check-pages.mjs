#!/usr/bin/env node
// Looks at every page of the service as people see it: axe-core's rules (WCAG 2.x A and AA), what a browser complains of,
// what is wider than the screen; in both languages, on a desk and on a phone, light and dark. Keeps a picture of each.
// With --lighthouse also Lighthouse's scores of the main pages.
//
//   cargo build && scripts/check-pages [--out DIR] [--program FILE] [--lighthouse] [--only WORD] [--quick]
//
// It starts the sandbox and the service with nothing of yours, fills them (runs, conflicts, failures, reports), and stops
// them. axe-core, puppeteer-core and Lighthouse come from npm into a folder of the system's for temporary files: the
// project depends on none of them. Needs Node 20 and Chromium. Ends with 1 where something was found.

import { spawn, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const flag = name => process.argv.includes(`--${name}`);
const option = (name, otherwise) => flag(name) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise;

const OUT = option("out", join(here, "target/pages"));
const PROGRAM = option("program", join(process.env.CARGO_TARGET_DIR ?? join(here, "target"), "debug/company-sync"));
const CHROMIUM = "/usr/bin/chromium";
const PASSWORD = "a long enough password";
const TOOLS = ["axe-core@4", "puppeteer-core@24", "lighthouse@12"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = { 1280: 900, 390: 800 };

// ---- what is needed

function tools() {
  const folder = join(tmpdir(), "company-sync-check-pages");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "node_modules/lighthouse")))
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--prefix", folder, ...TOOLS], { stdio: "inherit" });
  const require = createRequire(join(folder, "index.js"));
  return {
    axe: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"),
    load: async name => import(pathToFileURL(require.resolve(name))),
  };
}

const children = [];
process.on("exit", () => children.forEach(child => child.kill("SIGKILL")));

/** Starts the program; resolves with its lines so far once one of them fits. */
function start(args, env, cwd, fits) {
  const child = spawn(PROGRAM, args, { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...env }, stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  const lines = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", line => { lines.push(line); if (fits(line)) resolve(lines); });
    child.on("exit", code => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

async function until(what, look) {
  for (const end = Date.now() + 180_000; Date.now() < end; await new Promise(next => setTimeout(next, 250))) if (await look()) return;
  throw new Error(`it does not come: ${what}`);
}

// ---- the two systems, edited as their users would

class Systems {
  constructor(env) { this.env = env; }

  async vtiger(operation, fields, post = true) {
    const query = new URLSearchParams({ operation, ...(this.session ? { sessionName: this.session } : {}), ...fields });
    const url = `${this.env.COMPANY_SYNC_VTIGER_URL}/webservice.php`;
    const answer = await (post ? fetch(url, { method: "POST", body: query }) : fetch(`${url}?${query}`));
    const { success, result, error } = await answer.json();
    if (!success) throw new Error(`${operation}: ${JSON.stringify(error)}`);
    return result;
  }

  async enter() {
    const username = this.env.COMPANY_SYNC_VTIGER_USER;
    // A challenge is a user's, not a client's: where the service asks for one at the same moment, only the later holds.
    await until("a session with VTiger", async () => {
      const { token } = await this.vtiger("getchallenge", { username }, false);
      const accessKey = createHash("md5").update(token + this.env.COMPANY_SYNC_VTIGER_ACCESS_KEY).digest("hex");
      this.session = await this.vtiger("login", { username, accessKey }).then(({ sessionName }) => sessionName, () => undefined);
      return this.session;
    });
  }

  async orders() {
    const all = [];
    for (let from = 0; ; from += 100) {
      const some = await this.vtiger("query", { query: `select * from SalesOrder order by id limit ${from}, 100;` }, false);
      all.push(...some);
      if (some.length < 100) return all;
    }
  }

  revise(id, fields) { return this.vtiger("revise", { element: JSON.stringify({ id, ...fields }) }); }

  async frappe(method, path, body) {
    const headers = { authorization: `token ${this.env.COMPANY_SYNC_FRAPPE_API_KEY}:${this.env.COMPANY_SYNC_FRAPPE_API_SECRET}`, "content-type": "application/json" };
    const answer = await fetch(`${this.env.COMPANY_SYNC_FRAPPE_URL}/api/resource/${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return (await answer.json()).data;
  }

  documents(kind) {
    return this.frappe("GET", `${encodeURIComponent(kind)}?fields=${encodeURIComponent('["name","custom_vtiger_id"]')}&limit_page_length=500`);
  }
}

// ---- the service, filled

class Desk {
  constructor(base, page) { Object.assign(this, { base, page }); }

  async logIn(login) {
    await this.page.goto(`${this.base}/login`);
    await this.page.type("[name=login]", login);
    await this.page.type("[name=password]", PASSWORD);
    await Promise.all([this.page.waitForNavigation(), this.page.click("button.primary")]);
  }

  /** Sends a form as the pages would; a list of pairs, or an object. A file makes it an upload. */
  async post(path, fields = {}, file) {
    const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
    const [status, text] = await this.page.evaluate(async (path, pairs, file) => {
      const token = document.querySelector("script[data-csrf]").dataset.csrf;
      const body = file ? new FormData() : new URLSearchParams();
      for (const [name, value] of pairs) body.append(name, value);
      if (file) body.append("file", new File([file.text], file.name));
      const answer = await fetch(path, { method: "POST", body, headers: { "x-csrf-token": token } });
      return [answer.status, await answer.text()];
    }, path, pairs, file);
    if (status >= 400) throw new Error(`${path}: ${status} ${text.replace(/<[^>]+>/g, " ").slice(0, 400)}`);
  }

  text(path) { return this.page.evaluate(async path => (await fetch(path)).text(), path); }

  idle() { return until("an end of all runs", async () => !/status="(Pending|In Progress)"/.test(await this.text("/sync/rows") + await this.text("/scheduler/rows"))); }

  async sync(fields) { await this.post("/sync/policy/run", fields); await this.idle(); }

  async report(orders, company, broker, day, mode, name) {
    const rows = orders.map((order, index) => `${order.cf_2119},${["Active", "Active", "Grace period", "Inactive", "Delinquent"][index % 5]},12/31/2026,$${100 + index}.00`);
    const text = `Member ID,Policy status,Coverage end date,Premium amount\n${rows.join("\n")}\n`;
    await this.post("/scheduler/new", { company, broker, as_of: day, plan_year: "", mode }, { name, text });
    await this.idle();
  }
}

const people = [["ana@example.test", "system-manager", "en", "Ana Prueba"], ["sofia@example.test", "system-manager", "es", "Sofía Modelo"],
  ["rosa@example.test", "syncer-user", "es", "Rosa Ensayo"], ["ivan@example.test", "read-only", "en", "Iván Muestra"]];

async function fill(systems, desk) {
  await systems.enter();
  const orders = await systems.orders();
  const addressed = orders.filter(order => order.cf_2739);
  for (const order of addressed.slice(0, 3)) await systems.revise(order.id, { cf_2739: "" });
  await systems.revise(addressed[4].id, { cf_2299: "2090-01-01" });
  await desk.sync({});
  const made = (await systems.documents("Sales Order")).filter(order => order.custom_vtiger_id);
  for (const [index, { name, custom_vtiger_id }] of made.slice(0, 7).entries()) {
    await systems.revise(custom_vtiger_id.split("/")[0], { cf_2803: `V-${1000 + index}`, cf_2255: index % 2 ? "Yes" : "" });
    await systems.frappe("PUT", `Sales Order/${encodeURIComponent(name)}`, { custom_subscriber_id: `F-${1000 + index}` });
  }
  await desk.sync({ full: "1" });
  const ids = [...new Set((await desk.text("/conflicts")).match(/name="id" value="[^"]+/g) ?? [])].map(found => found.split('value="')[1]);
  await desk.post("/conflicts", [["choice", "vtiger"], ["state", "open"], ["mapping", ""], ["q", ""], ...ids.slice(0, 1).map(id => ["id", id])]);
  await desk.sync({});
  await desk.post("/conflicts", [["choice", "frappe"], ["state", "open"], ["mapping", ""], ["q", ""], ...ids.slice(1, 2).map(id => ["id", id])]);
  for (const { custom_vtiger_id } of made.slice(9, 14)) await systems.revise(custom_vtiger_id.split("/")[0], { cf_2803: "9".repeat(8) });
  await desk.post("/sync/policy/dry-run", { full: "1" });
  await desk.idle();
  await desk.post("/sync/policy/schedules/edit", { name: "hourly", cron: "15 6-20 * * MON-FRI", minutes: "30", attempts: "3", catch_up: "once", enabled: "on", was: "" }).catch(error => console.log(String(error)));
  const book = orders.filter(order => order.cf_2119);
  await desk.report(book.slice(0, 60), "oscar", "BS", "2026-03-04", "real", "oscar march.csv");
  await desk.report(book.slice(0, 70), "oscar", "BS", "2026-03-18", "real", "oscar march 18.csv");
  await desk.report(book.slice(10, 50), "oscar", "ADC", "2026-03-18", "dry", "oscar alto.csv");
  await desk.report(book.slice(30, 40), "oscar", "BS", "2026-03-01", "real", "oscar older.csv");
  const found = [...(await desk.text("/scheduler/findings")).matchAll(/name="id" value="([^"]+)" form="bulk"/g)].map(match => match[1]);
  for (const [index, review] of ["Portal Error", "Paid", "Portal Error"].entries())
    await desk.post(`/scheduler/findings/${found[index]}/review`, { review, description: index ? "" : "Asked the company on Monday; they look into it." });
  await desk.post("/profile/tokens", { label: "nightly export", scope: "read", days: "90" });
}

// ---- the walk

/** One address of every kind of page: digits and ids do not make another page. */
const shape = url => decodeURIComponent(url.pathname).replace(/\/(\d{8}-\d{6}-[0-9a-f]+|[0-9a-f]{12,}|[^/]+@[^/]+|\d+x\d+)(?=\/|$)/g, "/*")
  .replace(/^\/records\/.*/, "/records/*") + [...url.searchParams.keys()].filter(key => ["state", "show"].includes(key) && url.searchParams.get(key))
  .map(key => `?${key}=${url.searchParams.get(key)}`).join("");
/** Pages whose examples differ. */
const EXAMPLES = { "/scheduler/*": 4, "/runs/*": 4, "/records/*": 2 };

async function discover(desk) {
  const known = new Map(), counts = {}, waiting = ["/", "/setup/connections/vtiger", "/setup/connections/database", "/setup/check", "/setup/run", "/records?q=Mod"];
  while (waiting.length) {
    const path = waiting.shift(), kind = shape(new URL(path, desk.base));
    const name = kind in EXAMPLES ? path : kind;
    if (known.has(name) || (counts[kind] ?? 0) >= (EXAMPLES[kind] ?? 1)) continue;
    counts[kind] = (counts[kind] ?? 0) + 1;
    known.set(name, path);
    const found = await desk.page.evaluate(async path => {
      const answer = await fetch(path);
      if (!answer.ok || !answer.headers.get("content-type").startsWith("text/html")) return null;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return [...page.querySelectorAll("a[href]:not([download])")].map(a => a.getAttribute("href")).filter(href => /^[/?]/.test(href));
    }, path);
    if (!found) { known.delete(name); counts[kind] -= 1; continue; }
    for (const href of found) waiting.push(new URL(href, new URL(path, desk.base)).href.replace(desk.base, "").replace(/#.*/, ""));
  }
  for (const name of [...known.keys()]) if (name.startsWith("/api/v1") || name.startsWith("/scheduler/findings/export")) known.delete(name);
  return known;
}

async function look(page, base, path, { language, width, mode, axe }) {
  await page.setViewport({ width, height: WIDTHS[width], isMobile: width < 500, hasTouch: width < 500 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: mode }]);
  const complaints = [];
  const hear = message => { if (["error", "warn"].includes(message.type())) complaints.push(message.text()); };
  page.on("console", hear);
  const answer = await page.goto(base + path, { waitUntil: "load" });
  await page.evaluate(() => document.querySelectorAll("details:not([open], .menu)").forEach(part => { part.open = part.opened = true; }));
  await page.evaluate(axe);
  const found = await page.evaluate(rules => window.axe.run(document, { runOnly: { type: "tag", values: rules } })
    .then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(node => `${node.target} ${node.any?.[0]?.message ?? ""}`) }))), RULES);
  await page.evaluate(() => document.querySelectorAll("details[open]").forEach(part => { if (part.opened) part.open = false; }));
  const size = await page.evaluate(() => [document.documentElement.scrollWidth, Math.min(document.documentElement.scrollHeight, 9000)]);
  const picture = `${(path === "/" ? "workspace" : path.slice(1)).replace(/[^\w.-]+/g, "_").slice(0, 90)}.${language}-${width}-${mode}.png`;
  await page.screenshot({ path: join(OUT, picture), clip: { x: 0, y: 0, width, height: Math.max(size[1], WIDTHS[width]) }, captureBeyondViewport: true });
  page.off("console", hear);
  return { path, language, width, mode, status: answer.status(), found, complaints, wider: size[0] > width ? size[0] : 0, picture };
}

async function walk(page, base, pages, language, axe) {
  const seen = [];
  for (const width of Object.keys(WIDTHS).map(Number)) for (const mode of ["light", "dark"]) for (const path of pages)
    seen.push(await look(page, base, path, { language, width, mode, axe }));
  return seen;
}

/** A table of what was found, by page and rule. */
function table(seen) {
  const rows = new Map();
  const add = (path, what, one, where) => {
    const key = `${path}\t${what}`;
    const row = rows.get(key) ?? { path, what, views: [], where };
    row.views.push(`${one.language}-${one.width}-${one.mode}`);
    rows.set(key, row);
  };
  for (const one of seen) {
    for (const { id, impact, where } of one.found) add(one.path, `${id} (${impact})`, one, where);
    if (one.wider) add(one.path, `wider than the screen: ${one.wider}`, one, []);
    if (one.status === 200) for (const text of one.complaints) add(one.path, `console: ${text.slice(0, 120)}`, one, []);
    if (one.status >= 500) add(one.path, `status ${one.status}`, one, []);
  }
  for (const { path, what, views, where } of rows.values()) console.log(`${path}\n  ${what} in ${views.length}: ${views.slice(0, 8).join(" ")}\n    ${where.slice(0, 4).join("\n    ")}`);
  return rows.size;
}

async function scores(load, browser, base, pages, cookie) {
  const lighthouse = (await load("lighthouse")).default;
  const port = new URL(browser.wsEndpoint()).port;
  for (const path of pages) for (const formFactor of ["desktop", "mobile"]) {
    const screen = formFactor === "desktop"
      ? { formFactor, screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false }, throttling: { rttMs: 40, throughputKbps: 10240, cpuSlowdownMultiplier: 1 } } : { formFactor };
    const { lhr } = await lighthouse(base + path, { port, logLevel: "error", extraHeaders: { Cookie: cookie }, onlyCategories: ["performance", "accessibility", "best-practices"], disableStorageReset: true, ...screen });
    const points = Object.values(lhr.categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`).join(", ");
    const lost = Object.values(lhr.audits).filter(audit => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== "informative").map(audit => audit.id).join(" ");
    console.log(`${path} ${formFactor}: ${points}; FCP ${lhr.audits["first-contentful-paint"].displayValue}, LCP ${lhr.audits["largest-contentful-paint"].displayValue}, CLS ${lhr.audits["cumulative-layout-shift"].displayValue}, ${lhr.audits["total-byte-weight"].displayValue}${lost ? `; lost: ${lost}` : ""}`);
  }
}

async function main() {
  const { axe, load } = tools();
  const puppeteer = (await load("puppeteer-core")).default;
  mkdirSync(OUT, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "company-sync-pages-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const lines = await start(["sandbox", "--orders", "120"], {}, folder, line => line.startsWith("Ctrl-C"));
  const env = Object.fromEntries(lines.flatMap(line => [...line.matchAll(/^export (\w+)='(.*)'$/g)].map(([, name, value]) => [name, value])));
  env.COMPANY_SYNC_DATA_DIR = join(folder, "data");
  for (const [login, part, language, name] of people)
    execFileSync(PROGRAM, ["users", "set", login, "--part", part, "--language", language, "--name", name], { env: { ...env, HOME: folder }, input: PASSWORD });
  const served = line => line.includes(" is at ");
  const of = lines => lines[0].split(" is at ")[1].replace(/\/$/, "");
  const base = of(await start(["serve", "--listen", "127.0.0.1:0"], env, folder, served));
  const bare = join(folder, "bare");
  mkdirSync(bare);
  const empty = of(await start(["serve", "--listen", "127.0.0.1:0"], {}, bare, served));

  const quiet = join(folder, "quiet");
  mkdirSync(quiet);
  execFileSync(PROGRAM, ["users", "set", "ana@example.test", "--part", "system-manager", "--name", "Ana Prueba"], { cwd: quiet, env: { HOME: quiet }, input: PASSWORD });
  const unused = of(await start(["serve", "--listen", "127.0.0.1:0"], {}, quiet, served));

  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--hide-scrollbars"] });
  const person = async (login, language, base) => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setExtraHTTPHeaders({ "accept-language": language });
    const desk = new Desk(base, page);
    if (login) await desk.logIn(login);
    return desk;
  };
  const ana = await person("ana@example.test", "en", base);
  if (option("fill", "yes") === "yes") await fill(new Systems(env), ana);
  const only = option("only", "");
  const pages = [...(await discover(ana)).values()].filter(path => path.includes(only));
  console.log(`${pages.length} pages:\n  ${pages.join("\n  ")}`);

  const seen = [];
  for (const [language, login] of [["en", null], ["es", "sofia@example.test"]]) {
    const desk = login ? await person(login, language, base) : ana;
    seen.push(...await walk(desk.page, base, flag("quick") ? pages.slice(0, 3) : pages, language, axe));
    const stranger = await person(null, language, base);
    if (!only) {
      seen.push(...await walk(stranger.page, base, ["/login", "/nowhere"], language, axe));
      seen.push(...await walk(stranger.page, empty, ["/setup"], language, axe));
    }
  }
  if (!only) {
    const first = await person("ana@example.test", "en", unused);
    const bare = ["/", "/scheduler", "/scheduler/findings", "/sync", "/sync/policy", "/conflicts", "/errors", "/records", "/log", "/runs", "/setup/check", "/setup/run"];
    seen.push(...(await walk(first.page, unused, flag("quick") ? [] : bare, "unused", axe)));
  }
  writeFileSync(join(OUT, "pages.json"), JSON.stringify(seen, null, 1));
  const number = table(seen);
  console.log(`${seen.length} views of ${new Set(seen.map(one => one.path)).size} pages; ${number} kinds of findings. Pictures: ${OUT}`);

  if (flag("lighthouse")) {
    const cookies = await ana.page.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const fresh = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    const chosen = pages.filter(path => ["/", "/scheduler", "/scheduler/findings", "/sync", "/sync/policy", "/conflicts", "/errors", "/log", "/settings"].includes(path.split("?")[0]) && !path.includes("?"));
    await scores(load, fresh, base, ["/login", ...chosen], cookie);
    await fresh.close();
  }
  await browser.close();
  process.exitCode = number ? 1 : 0;
  process.exit();
}

main().catch(error => { console.error(error); process.exit(2); });
