// The walk over the pages: what each is called, what is found on it, a picture of it.

import { join } from "node:path";

export const WIDTHS = { 1280: 900, 390: 800 };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// ---- which pages there are

/** One address of every kind of page: digits, ids and names do not make another page. */
const shape = url => decodeURIComponent(url.pathname).replace(/\/(\d{8}-\d{6}-[0-9a-f]+|[0-9a-f]{12,}|[^/]+@[^/]+|\d+x\d+)(?=\/|$)/g, "/*")
  .replace(/^\/(mappings|sync)\/(?!new$|rows$)[^/]+/, "/$1/*") + [...url.searchParams.keys()].filter(key => ["state", "show"].includes(key) && url.searchParams.get(key))
  .map(key => `?${key}=${url.searchParams.get(key)}`).join("");

/** Pages whose examples differ. */
const EXAMPLES = { "/scheduler/*": 4, "/runs/*": 5, "/conflicts/*": 3, "/sync/*": 3, "/mappings/*": 2, "/scheduler/findings/*": 2 };

/** Files and the parts that pages fetch. */
const NO_PAGES = /^\/api\/v1|^\/scheduler\/findings\/export|^\/(metrics|healthz|readyz|live)$/;

/** Every page that links lead to, and those of `wanted` whatever they are. */
export async function discover(desk, wanted) {
  const chosen = new Set(), read = new Set(), counts = {};
  const links = path => desk.page.evaluate(async path => {
    const answer = await fetch(path);
    if (!answer.ok || !answer.headers.get("content-type").startsWith("text/html")) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll("a[href]:not([download])")].map(a => a.getAttribute("href")).filter(href => /^[/?]/.test(href));
  }, path);
  const follow = async (path, always) => {
    const kind = shape(new URL(path, desk.base));
    if (read.has(path) || NO_PAGES.test(kind) || (!always && (counts[kind] ?? 0) >= (EXAMPLES[kind] ?? 1))) return [];
    read.add(path);
    const found = await links(path);
    if (!found) {
      if (always) console.log(`no page: ${path}`);
      return [];
    }
    counts[kind] = (counts[kind] ?? 0) + 1;
    chosen.add(path);
    return found.map(href => new URL(href, new URL(path, desk.base)).href.replace(desk.base, "").replace(/#.*/, ""));
  };
  // What people come to first is found first; what is asked for by name does not take its place.
  for (const waiting of [["/"], wanted]) {
    const always = new Set(waiting);
    for (const path of waiting) waiting.push(...await follow(path, always.has(path)));
  }
  return [...chosen].map(path => ({ path }));
}

// ---- what is found on one

/** What runs in the page: what a careful eye would stop at, for eyes to judge. */
function glance() {
  const seen = element => element.checkVisibility?.({ checkVisibilityCSS: true }) && !element.closest(".sr");
  const named = element => `${element.tagName.toLowerCase()}${[...element.classList].map(name => `.${name}`).join("")} "${(element.value ?? element.textContent).trim().slice(0, 60)}"`;
  const cut = [], sideways = [], words = new Set();
  for (const element of document.querySelectorAll("body *")) {
    if (!seen(element) || element.clientWidth < 3) continue;
    const style = getComputedStyle(element), over = element.scrollWidth - element.clientWidth;
    if (element.matches("input:not([type=checkbox], [type=radio], [type=file])") ? element.value && over > 2 : over > 1 && style.overflowX === "hidden") cut.push(named(element));
    else if (over > 1 && ["auto", "scroll"].includes(style.overflowX)) sideways.push(`${named(element).slice(0, 40)} by ${over}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (/\p{L}{3}/u.test(text) && !parent.closest("script, style, code, pre, textarea, [translate=no], noscript, datalist")) words.add(text);
  }
  return { cut, sideways, words: [...words] };
}

const name = ({ as, path }) => (as ?? (path === "/" ? "workspace" : path.slice(1))).replace(/[^\w.-]+/g, "_").slice(0, 100);

/** Goes to a page, does there what is to be done, and looks at it light and dark. */
async function look(page, base, stop, { who, language, width, out, axe }) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
  await page.setViewport({ width, height: WIDTHS[width], isMobile: width < 500, hasTouch: width < 500 });
  const complaints = [];
  const hear = message => { if (["error", "warn"].includes(message.type())) complaints.push(message.text()); };
  const fail = error => complaints.push(`script: ${error.message}`);
  page.on("console", hear).on("pageerror", fail);
  const answer = await page.goto(base + stop.path, { waitUntil: "load" });
  const seen = [];
  try {
    await stop.act?.(page);
    await page.evaluate(axe);
    for (const mode of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: mode }]);
      await page.evaluate(() => document.querySelectorAll("details:not([open], .menu)").forEach(part => { part.open = part.opened = true; }));
      // What is dark differs in its colours alone.
      const wish = mode === "light" ? { runOnly: { type: "tag", values: RULES }, rules: { "target-size": { enabled: true } } } : { runOnly: { type: "rule", values: ["color-contrast"] } };
      const found = await page.evaluate(wish => window.axe.run(document, wish)
        .then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(node => `${node.target} ${node.any?.[0]?.message ?? ""}`) }))), wish);
      const glanced = mode === "light" ? await page.evaluate(glance) : {};
      const picture = `${who ? `${who}.` : ""}${name(stop)}.${language}-${width}-${mode}`;
      const folded = await page.evaluate(() => document.querySelectorAll("main details").length);
      if (folded && mode === (language === "en" ? "light" : "dark")) await paint(page, width, join(out, `${picture}.unfolded.png`));
      await page.evaluate(() => document.querySelectorAll("details[open]").forEach(part => { if (part.opened) part.open = false; }));
      const wide = await paint(page, width, join(out, `${picture}.png`));
      // A page that refuses is an error to the browser's console; so is what an act provoked.
      const told = stop.refused || stop.act || answer.status() !== 200 ? complaints.filter(text => !/status of 4\d\d/.test(text)) : [...complaints];
      seen.push({ path: stop.as ?? stop.path, who, language, width, mode, status: answer.status(), found, complaints: told, wider: wide > width ? wide : 0, picture: `${picture}.png`, ...glanced });
      complaints.length = 0;
    }
  } catch (error) {
    seen.push({ path: stop.as ?? stop.path, who, language, width, mode: "light", status: answer.status(), found: [], complaints: [`the walk: ${error.message}`], wider: 0 });
  }
  page.off("console", hear).off("pageerror", fail);
  return seen;
}

async function paint(page, width, path) {
  const [wide, high] = await page.evaluate(() => [document.documentElement.scrollWidth, Math.min(document.documentElement.scrollHeight, 9000)]);
  await page.screenshot({ path, clip: { x: 0, y: 0, width, height: Math.max(high, WIDTHS[width]) }, captureBeyondViewport: true });
  return wide;
}

export async function walk(desk, stops, wish) {
  const seen = [];
  for (const width of wish.widths ?? Object.keys(WIDTHS).map(Number)) for (const stop of stops) seen.push(...await look(desk.page, desk.base, stop, { ...wish, width }));
  return seen;
}

// ---- what it came to

/** A table of what was found, by page and rule; how many kinds. */
export function table(seen) {
  const rows = new Map();
  const add = (one, what, where) => {
    const key = `${one.who ?? ""} ${one.path}\t${what}`;
    const row = rows.get(key) ?? { path: `${one.who ? `(${one.who}) ` : ""}${one.path}`, what, views: [], where };
    row.views.push(`${one.language}-${one.width}-${one.mode}`);
    rows.set(key, row);
  };
  for (const one of seen) {
    for (const { id, impact, where } of one.found) add(one, `${id} (${impact})`, where);
    if (one.wider) add(one, `wider than the screen: ${one.wider}`, []);
    for (const text of one.complaints) add(one, `console: ${text.slice(0, 160)}`, []);
    if (one.status >= 500) add(one, `status ${one.status}`, []);
  }
  for (const { path, what, views, where } of rows.values()) console.log(`${path}\n  ${what} in ${views.length}: ${views.slice(0, 8).join(" ")}\n    ${where.slice(0, 4).join("\n    ")}`);
  return rows.size;
}

/** What is for eyes to judge: texts that are the same in both languages, what is cut off, what scrolls sideways. */
export function notes(seen) {
  const lines = [], texts = new Map();
  for (const one of seen) for (const text of one.words ?? []) {
    const where = texts.get(text) ?? { en: new Set(), es: new Set() };
    where[one.language]?.add(one.path);
    texts.set(text, where);
  }
  lines.push("# The same in Spanish as in English");
  for (const [text, { en, es }] of texts) if (en.size && es.size) lines.push(`${JSON.stringify(text)}  ${[...es].slice(0, 3).join(" ")}`);
  lines.push("", "# As messages are named");
  for (const [text, { en, es }] of texts) if (/^[a-z]+(-[a-z]+)+$/.test(text)) lines.push(`${text}  ${[...en, ...es].slice(0, 3).join(" ")}`);
  for (const [title, part] of [["Cut off", "cut"], ["Scrolls sideways", "sideways"]]) {
    lines.push("", `# ${title}`);
    for (const one of seen) for (const what of new Set(one[part] ?? [])) lines.push(`${one.language}-${one.width} ${one.path}  ${what}`);
  }
  return lines.join("\n");
}
