#!/usr/bin/env node
// Looks at every page of the service as people see it: axe-core's rules (WCAG 2.x A and AA), what a browser complains of,
// what is wider than the screen; in both languages, on a desk and on a phone, light and dark. Keeps a picture of each, and
// in notes.txt what eyes should judge: texts that are the same in both languages, what is cut off, what scrolls sideways.
// With --lighthouse also Lighthouse's scores of the main pages (--lighthouse-only: those alone).
//
//   cargo build && scripts/check-pages.mjs [--out DIR] [--program FILE] [--lighthouse] [--only WORD] [--part main|around]
//                                          [--width 390] [--language es]
//
// It starts the sandbox and the service with nothing of yours, fills them (runs, conflicts, failures, reports, mappings in
// every state, changed systems), and stops them; and again as they first start, and with systems so slow that everything
// is under way. axe-core, puppeteer-core and Lighthouse come from npm into a folder of the system's for temporary files:
// the project depends on none of them. Needs Node 20 and Chromium. Ends with 1 where something was found.

import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Desk, PASSWORD } from "./pages/desk.mjs";
import { fill, people } from "./pages/fill.mjs";
import { scores } from "./pages/lighthouse.mjs";
import { ACTS, OUTSIDE, UNUSED, WANTED } from "./pages/stops.mjs";
import { Systems } from "./pages/systems.mjs";
import { until } from "./pages/wait.mjs";
import { discover, notes, table, walk } from "./pages/walk.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const flag = name => process.argv.includes(`--${name}`);
const option = (name, otherwise) => flag(name) ? process.argv[process.argv.indexOf(`--${name}`) + 1] : otherwise;

const OUT = option("out", join(here, "target/pages"));
const PROGRAM = option("program", join(process.env.CARGO_TARGET_DIR ?? join(here, "target"), "debug/company-sync"));
const CHROMIUM = "/usr/bin/chromium";
const TOOLS = ["axe-core@4", "puppeteer-core@24", "lighthouse@12"];
const LANGUAGES = flag("language") ? [option("language")] : ["en", "es"];
const WIDTHS = flag("width") ? [Number(option("width"))] : [1280, 390];
const LIGHTHOUSE = ["/", "/scheduler", "/scheduler/findings", "/sync", "/sync/policy", "/conflicts", "/errors", "/records", "/runs", "/mappings", "/mappings/policy", "/log", "/settings"];

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
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(2));

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

// ---- services, each with a folder of its own

class Ground {
  constructor(folder, browser) { Object.assign(this, { folder, browser }); }

  room(name) {
    const room = join(this.folder, name);
    mkdirSync(room, { recursive: true });
    return room;
  }

  /** Both systems' stand-ins; what the program is told of them. */
  async sandbox(name, args) {
    const lines = await start(["sandbox", ...args], {}, this.room(name), line => line.startsWith("Ctrl-C"));
    return Object.fromEntries(lines.flatMap(line => [...line.matchAll(/^export (\w+)='(.*)'$/g)].map(([, key, value]) => [key, value])));
  }

  /** A service with these people; its address. */
  async service(name, systems, persons) {
    const room = this.room(name), env = { ...systems, HOME: room };
    for (const [login, part, language, called] of persons)
      execFileSync(PROGRAM, ["users", "set", login, "--part", part, "--language", language, "--name", called], { cwd: room, env, input: PASSWORD });
    const lines = await start(["serve", "--listen", "127.0.0.1:0"], env, room, line => line.includes(" is at "));
    return lines[0].split(" is at ")[1].replace(/\/$/, "");
  }

  async person(base, language, login) {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    await page.setExtraHTTPHeaders({ "accept-language": language });
    const desk = new Desk(base, page);
    if (login) await desk.logIn(login);
    return desk;
  }
}

const managers = { en: "ana@example.test", es: "sofia@example.test" };

/** In each language at once: what `visit` sees. */
const both = async visit => (await Promise.all(LANGUAGES.map(visit))).flat();

async function filled(ground, wish) {
  const env = await ground.sandbox("sandbox", ["--orders", "120"]);
  const base = await ground.service("filled", env, people);
  const ana = await ground.person(base, "en", managers.en);
  if (option("fill", "yes") === "yes") await fill(new Systems(env), ana);
  const stops = (await discover(ana, WANTED)).filter(({ path }) => path.includes(option("only", "")));
  console.log(`${stops.length} pages of a filled service:\n  ${stops.map(({ path }) => path).join("\n  ")}`);
  return { base, ana, stops };
}

async function from_within(ground, { base, stops }, wish) {
  return both(async language => {
    const desk = await ground.person(base, language, managers[language]);
    return walk(desk, [...stops, ...flag("only") ? [] : ACTS], { ...wish, language });
  });
}

/** What strangers see, and people who may do less. */
async function others(ground, { base, stops }, wish) {
  const seen = await both(async language => walk(await ground.person(base, language), OUTSIDE, { ...wish, who: "stranger", language }));
  const task = stops.find(({ path }) => /^\/scheduler\/\d{8}/.test(path)), conflict = stops.find(({ path }) => /^\/conflicts\/./.test(path));
  const some = [...["/", "/sync/policy", "/scheduler", "/errors", "/mappings/policy", "/profile"].map(path => ({ path })), ...[task, conflict].filter(Boolean),
    ...["/settings", "/users", "/scheduler/new", "/records/nowhere/Contact/none", "/scheduler/20260101-000000-000000"].map(path => ({ path, refused: true }))];
  for (const [login, who, language] of [["rosa@example.test", "user", "es"], ["ivan@example.test", "read-only", "en"]])
    if (LANGUAGES.includes(language)) seen.push(...await walk(await ground.person(base, language, login), some, { ...wish, who, language }));
  return seen;
}

/** From nobody being known on; with systems that lack what the mappings need. */
async function beginnings(ground, wish) {
  const empty = await ground.service("empty", {}, []);
  const unused = await ground.service("unused", {}, people);
  const lacking = await ground.service("lacking", await ground.sandbox("bare", ["--orders", "20", "--bare"]), people);
  return both(async language => [
    ...await walk(await ground.person(empty, language), [{ path: "/setup" }, { path: "/" }], { ...wish, who: "nobody", language }),
    ...await walk(await ground.person(unused, language, managers[language]), UNUSED, { ...wish, who: "unused", language }),
    ...await walk(await ground.person(lacking, language, managers[language]), [{ path: "/setup/check" }, { path: "/setup/run" }, { path: "/" }], { ...wish, who: "lacking", language }),
  ]);
}

const SLOW = '[[fault]]\nsystem = "frappe"\noperation = "create"\nevery = 1\nkind = "delay"\ndelay_ms = 4000\n\n[[fault]]\nsystem = "vtiger"\noperation = "revise"\nevery = 1\nkind = "delay"\ndelay_ms = 20000\n';

/** A run and a report under way, and others that wait for them. */
async function under_way(ground, wish) {
  const script = join(ground.room("slow"), "slow.toml");
  writeFileSync(script, SLOW);
  const env = await ground.sandbox("slow", ["--orders", "60", "--faults", script]);
  const base = await ground.service("slow-service", env, people);
  const ana = await ground.person(base, "en", managers.en), systems = new Systems(env);
  await systems.enter();
  const book = (await systems.records("SalesOrder")).filter(order => order.cf_2119);
  await ana.post("/sync/policy/run");
  await ana.report(book, "oscar", "BS", "2026-03-04", "real", "oscar march.csv");
  await ana.report(book.slice(0, 20), "oscar", "BS", "2026-03-18", "real", "oscar march 18.csv");
  await until("a run under way", async () => /status="In Progress"/.test(await ana.text("/sync/rows")) && /status="In Progress"/.test(await ana.text("/scheduler/rows")));
  await new Promise(next => setTimeout(next, 5000));
  const links = async (page, kind) => [...(await ana.text(page)).matchAll(/href="([^"?#]+)"/g)].map(([, href]) => href).filter(href => kind.test(href));
  const stops = [...new Set(["/", "/sync", "/sync/policy", "/scheduler", ...(await links("/runs", /^\/runs\/./)).slice(0, 1), ...(await links("/scheduler", /^\/scheduler\/\d/)).slice(0, 2)])].map(path => ({ path }));
  return both(async language => walk(await ground.person(base, language, managers[language]), stops, { ...wish, who: "under way", language }));
}

async function main() {
  const { axe, load } = tools();
  const puppeteer = (await load("puppeteer-core")).default;
  mkdirSync(OUT, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "company-sync-pages-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--hide-scrollbars"] });
  const ground = new Ground(folder, browser), wish = { axe, out: OUT, widths: WIDTHS };

  const part = option("part", flag("only") ? "main" : "all"), seen = [];
  const known = part === "around" ? undefined : await filled(ground, wish);
  if (known && !flag("lighthouse-only")) seen.push(...await from_within(ground, known, wish), ...flag("only") ? [] : await others(ground, known, wish));
  if (part !== "main" && !flag("lighthouse-only")) seen.push(...await beginnings(ground, wish), ...await under_way(ground, wish));
  const number = table(seen);
  if (seen.length) {
    writeFileSync(join(OUT, "pages.json"), JSON.stringify(seen, null, 1));
    writeFileSync(join(OUT, "notes.txt"), notes(seen));
    console.log(`${seen.length} views of ${new Set(seen.map(one => `${one.who ?? ""} ${one.path}`)).size} pages; ${number} kinds of findings. Pictures and notes.txt: ${OUT}`);
  }

  if (known && (flag("lighthouse") || flag("lighthouse-only"))) {
    const cookie = (await known.ana.page.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    // A browser of its own: the pages that were looked at keep theirs busy.
    await browser.close();
    const fresh = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    await scores((await load("lighthouse")).default, fresh, known.base, ["/login", ...LIGHTHOUSE.filter(path => path.includes(option("only", "")))], cookie);
    await fresh.close();
  }
  await browser.close();
  process.exitCode = number ? 1 : 0;
  process.exit();
}

main().catch(error => { console.error(error); process.exit(2); });
