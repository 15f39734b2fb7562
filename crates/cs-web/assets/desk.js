// The live parts of the pages. Everything can be read without it.
//
// Attributes that pages use:
//   data-task="ID"            follows a task: [data-progress], [data-percent], [data-count="created"] inside it are kept up
//   data-refresh="tasks|task|reviewed" data-src="/path": the element's content is fetched anew when such an event comes
//                             (with data-of="ID" only for that task); at most twice a second
//   data-grow="/path?after="  data-next="17": rows are fetched after the last one and added, while its task runs
//   form[data-inline]         sent in the background; the answer replaces the closest [data-part], or the form itself
//   button[data-into="#id"]   sends its form in the background; the answer is put into that element, and the form stays as it
//                             is; meanwhile the element says the button's data-busy
//   form[data-confirm="..."]  asks first
//   input[data-all="name"]    ticks every checkbox of that name
//   .drop input[type=file]    takes files that are dropped on .drop; form[data-upload] sends itself with the CSRF header;
//                             data-max="BYTES" data-too-large="..." refuses what the server would refuse
//   select[data-go], input[data-go]  sends its form when changed

const script = document.querySelector("script[data-csrf]");
const csrf = script.dataset.csrf;
const toast = document.getElementById("live-state");

function say(text, lasting) {
  toast.textContent = text;
  toast.hidden = !text;
  if (text && !lasting) setTimeout(() => { if (toast.textContent === text) toast.hidden = true; }, 5000);
}

async function get(path) {
  const answer = await fetch(path, { headers: { "x-fragment": "1" } });
  if (answer.redirected && new URL(answer.url).pathname === "/login") { location.reload(); throw new Error("logged out"); }
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

// At most one fetch an element at a time, and another one after it where something happened meanwhile.
const busy = new WeakMap();
async function soon(element, work) {
  if (busy.has(element)) { busy.set(element, true); return; }
  busy.set(element, false);
  try { await work(); } catch { /* the next event tries again */ }
  setTimeout(() => {
    const again = busy.get(element);
    busy.delete(element);
    if (again && element.isConnected) soon(element, work);
  }, 500);
}

function refresh(kind, task) {
  for (const element of document.querySelectorAll(`[data-refresh~="${kind}"]`)) {
    if (element.dataset.of && task && element.dataset.of !== task) continue;
    soon(element, () => renew(element));
  }
}

// What somebody is working in stays as it is until they leave it; what did not change keeps its place and its focus.
const worked = element => element.querySelector("input[type=checkbox]:checked") ||
  (element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

async function renew(element) {
  if (worked(element)) { element.dataset.stale = ""; return; }
  const text = await get(element.dataset.src);
  if (worked(element)) { element.dataset.stale = ""; return; }
  delete element.dataset.stale;
  if (element.shown === text) return;
  element.shown = text;
  const held = element.contains(document.activeElement) && document.activeElement.getAttribute("href");
  element.innerHTML = text;
  if (held) element.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

for (const kind of ["focusout", "change"]) {
  document.addEventListener(kind, () => setTimeout(() => {
    for (const element of document.querySelectorAll("[data-stale]")) if (!worked(element)) soon(element, () => renew(element));
  }, 300));
}

function grow(task) {
  for (const element of document.querySelectorAll("[data-grow]")) {
    if (element.dataset.of && task && element.dataset.of !== task) continue;
    soon(element, async () => {
      const part = document.createElement("template");
      part.innerHTML = await get(element.dataset.grow + element.dataset.next);
      const last = part.content.querySelector("[data-next]");
      if (last) { element.dataset.next = last.dataset.next; last.removeAttribute("data-next"); }
      element.append(part.content);
    });
  }
}

const number = new Intl.NumberFormat(document.documentElement.lang);

function show(progress) {
  for (const element of document.querySelectorAll(`[data-task="${CSS.escape(progress.task)}"]`)) {
    const bar = element.querySelector("progress[data-progress]");
    const come = Math.max(progress.percent, bar?.value || 0);
    if (bar) bar.value = come;
    const percent = element.querySelector("[data-percent]");
    if (percent) percent.textContent = come ? `${come} %` : "";
    for (const count of element.querySelectorAll("[data-count]")) {
      const value = count.dataset.count === "expected" ? progress.expected : count.dataset.count === "seen" ? progress.seen : progress.balance[count.dataset.count];
      if (value !== undefined) count.textContent = number.format(value);
    }
    if (element.dataset.status && element.dataset.status !== progress.status) refresh("tasks", progress.task);
    element.dataset.status = progress.status;
  }
}

let stream;

function follow() {
  if (stream || document.hidden || !document.querySelector("[data-task], [data-refresh], [data-grow]")) return;
  const own = stream = new EventSource("/live");
  let away;
  own.addEventListener("task", event => {
    const progress = JSON.parse(event.data);
    show(progress);
    refresh("task", progress.task);
    grow(progress.task);
  });
  own.addEventListener("tasks", event => {
    const { task } = JSON.parse(event.data);
    refresh("tasks", task);
    grow(task);
    if (!task) refresh("reviewed"); // the first word of a stream: anything may have happened before it
  });
  own.addEventListener("reviewed", () => refresh("reviewed"));
  own.addEventListener("open", () => { clearTimeout(away); away = undefined; say(""); });
  own.addEventListener("error", () => {
    away ??= setTimeout(() => { if (stream === own) say(script.dataset.away, true); }, 3000);
    if (own.readyState === EventSource.CLOSED && stream === own) setTimeout(() => { if (stream === own) { rest(); follow(); } }, 2000);
  });
}

function rest() {
  stream?.close();
  stream = undefined;
}

// Browsers open six connections to a server for all their tabs together: a page that nobody sees lets go of its own.
document.addEventListener("visibilitychange", () => document.hidden ? rest() : follow());
addEventListener("pagehide", rest);
addEventListener("pageshow", follow);

async function send(form, submitter) {
  const into = submitter?.dataset.into && document.querySelector(submitter.dataset.into);
  if (into) into.textContent = submitter.dataset.busy ?? "";
  const body = new FormData(form, submitter);
  const upload = form.enctype === "multipart/form-data";
  const answer = await fetch(submitter?.formAction && submitter.hasAttribute("formaction") ? submitter.formAction : form.action, {
    method: "POST", body: upload ? body : new URLSearchParams(body), headers: { "x-csrf-token": csrf, "x-fragment": "1" },
  });
  if (answer.redirected) { location.href = answer.url; return; }
  const text = await answer.text();
  if (!answer.ok && !answer.headers.get("x-fragment")) {
    if (into) into.textContent = "";
    const problem = new DOMParser().parseFromString(text, "text/html").querySelector("h1");
    say(problem ? problem.textContent : script.dataset.failed);
    return;
  }
  const place = form.closest("[data-part]") ?? form;
  const part = document.createElement("template");
  part.innerHTML = text;
  if (into) { into.replaceChildren(part.content); return; }
  const focus = place.contains(document.activeElement) && document.activeElement.name;
  const fresh = part.content.firstElementChild;
  for (const chosen of place.querySelectorAll("input[type=file]")) {
    const again = fresh?.querySelector(`input[type=file][name="${CSS.escape(chosen.name)}"]`);
    if (again) { again.files = chosen.files; name(again); }
  }
  place.replaceWith(part.content);
  if (focus && fresh) fresh.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
}

document.addEventListener("submit", event => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirm(question)) { event.preventDefault(); return; }
  if (form.matches("[data-inline], [data-upload]") || event.submitter?.dataset.into) {
    event.preventDefault();
    form.setAttribute("aria-busy", "true");
    send(form, event.submitter).catch(() => say(script.dataset.failed)).finally(() => form.removeAttribute("aria-busy"));
  }
});

// input[data-seek=".list"]: what does not hold what is typed is not shown in these lists.
document.addEventListener("input", event => {
  const lists = event.target.dataset?.seek;
  if (!lists) return;
  const sought = event.target.value.trim().toLowerCase();
  for (const one of document.querySelectorAll(`${lists} [data-hay]`)) one.hidden = !one.dataset.hay.includes(sought);
});

// Enter says what a line says; a new line is Shift+Enter.
document.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("textarea[data-go]")) return;
  event.preventDefault();
  event.target.blur();
});

document.addEventListener("change", event => {
  const input = event.target;
  if (input.dataset.all) for (const box of document.getElementsByName(input.dataset.all)) box.checked = input.checked;
  if (input.hasAttribute("data-go")) input.form.requestSubmit();
  if (input.type === "file") name(input);
});

function name(input) {
  const place = input.closest(".drop")?.querySelector("[data-file-name]");
  const file = input.files[0];
  if (place) place.textContent = file ? `${file.name} · ${number.format(Math.ceil(file.size / 1024))} kB` : "";
  input.setCustomValidity(file && file.size > Number(input.dataset.max ?? Infinity) ? input.dataset.tooLarge : "");
  if (!input.validity.valid && file) input.reportValidity();
}

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => {
    const drop = event.target.closest?.(".drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      const input = drop.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      name(input);
    }
  });
}

document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (event.key === "/" && !event.target.matches("input, textarea, select")) { event.preventDefault(); document.querySelector(".bar-search input")?.focus(); }
});

// Where tabs and navigation are wider than the screen, the place that is open is in sight.
for (const here of document.querySelectorAll(".tabs [aria-current], .side [aria-current]")) {
  const row = here.parentElement;
  row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

follow();
