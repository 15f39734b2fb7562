// Pages that no link leads to as they are to be seen, and what is done on pages before they are looked at.

/** Addresses with what somebody asked there. */
export const WANTED = ["/setup/connections/vtiger", "/setup/connections/frappe", "/setup/connections/database", "/setup/check", "/setup/run",
  "/records?q=Ib", "/records?q=nobody+at+all", "/scheduler/findings?q=nobody+at+all", "/log?text=nobody+at+all", "/conflicts?q=nobody+at+all", "/errors?q=nobody+at+all",
  "/mappings/leads/preview?go=1&unit=lead&number=6", "/mappings/policy/preview?go=1&unit=policy&number=3", "/mappings/people/preview?go=1&unit=contact&number=5&which=random",
  "/mappings/leads/linking?show=accepted", "/mappings/leads/linking?show=rejected",
  "/mappings/leads/compare", "/mappings/leads/compare?from=1&to=2", "/mappings/leads/publish", "/mappings/leads/drift", "/mappings/claims", "/mappings/claims/publish", "/mappings/claims/documents", "/mappings/claims/rule?unit=claim&role=person&field=status",
  "/mappings/claims/preview", "/mappings/claims/linking", "/mappings/claims/text",
  "/mappings/scribble", "/mappings/scribble/text", "/mappings/scribble/documents", "/mappings/people/lacking", "/mappings/people", "/mappings/people/documents", "/mappings/old-leads", "/mappings/old-leads/history", "/mappings/crm", "/mappings/crm/documents", "/mappings/policy/history", "/mappings/policy/linking", "/mappings/policy/drift",
  "/mappings/policy?unit=policy&role=order", "/mappings/policy?unit=policy&role=owner", "/mappings/policy/documents?unit=policy&role=order", "/mappings/policy/documents?unit=policy&role=owner",
  "/mappings/policy/rule?unit=policy&role=order&field=company", "/mappings/policy/rule?unit=policy&role=owner&field=custom_day_of_birth",
  "/mappings/leads/rule?unit=lead&role=lead&field=custom_stage"];

/** Fills a form and sends it as it is, past what the browser would refuse; then waits for what must come. */
const send = (form, values, button, comes) => async page => {
  const leaves = comes ? page.waitForSelector(comes) : page.waitForNavigation();
  await page.evaluate((form, values, button) => {
    const found = document.querySelector(form);
    found.noValidate = true;
    for (const [name, value] of Object.entries(values)) {
      if (value === true) found.querySelector(`[name=${name}]`).checked = true;
      else found.elements[name].value = value;
    }
    found.querySelector(button).click();
  }, form, values, button);
  await leaves;
};

/** What people do wrong, or ask for without leaving the page. */
export const ACTS = [
  { as: "scheduler_new refused", path: "/scheduler/new", act: send("main form", { as_of: "2099-01-01" }, "button.primary", ".slip, .notice.bad") },
  { as: "users_new refused", path: "/users/new", act: send("main form", { login: "not an address", password: "short" }, "button.primary") },
  { as: "mappings_new refused", path: "/mappings/new", act: send("main form", { name: "policy", title: "" }, "button.primary") },
  { as: "schedule refused", path: "/sync/policy/schedules/edit", act: send("main form", { name: "nightly", cron: "99 25 * * SOMEDAY" }, "button.primary") },
  { as: "schedule in words", path: "/sync/policy/schedules/edit", act: send("main form", { name: "nightly", cron: "30 2 * * *" }, "button[name=look]") },
  { as: "settings vtiger tested", path: "/settings/vtiger", act: send("main form", {}, "button[data-into]", "#probes li") },
  { as: "settings frappe tested", path: "/settings/frappe", act: send("main form", {}, "button[data-into]", "#probes li") },
  { as: "settings database tested", path: "/settings/database", act: send("main form", {}, "button[data-into]", "#probes li") },
  { as: "selection counted", path: "/mappings/leads/selection", act: send("main form.card", {}, "button[data-into]", "#counted :is(p, strong, .notice)") },
  { as: "profile refused", path: "/profile", act: send("form[action='/profile/password']", { old: "wrong", new: "short", again: "other" }, "button.primary") },
  { as: "token made", path: "/profile", act: send("form[action='/profile/tokens']", { label: "Nightly export", scope: true }, "button.primary") },
];

/** What a stranger sees. */
export const OUTSIDE = [{ path: "/login" }, { path: "/nowhere", refused: true },
  { as: "login refused", path: "/login", act: send("main form", { login: "nobody@example.test", password: "wrong password" }, "button.primary") }];

/** Pages of a service that nobody has used yet. */
export const UNUSED = ["/", "/scheduler", "/scheduler/findings", "/sync", "/sync/policy", "/conflicts", "/errors", "/records", "/log", "/log/changes", "/runs", "/mappings", "/mappings/policy/linking",
  "/mappings/policy/drift", "/setup/connections/vtiger", "/setup/connections/frappe", "/setup/connections/database", "/setup/check", "/setup/run", "/settings", "/settings/database", "/settings/mapping"].map(path => ({ path }));
