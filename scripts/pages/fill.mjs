// Fills a service with what an agency's has after some weeks: runs, conflicts, failures, reports, mappings in every state,
// systems whose fields changed under them.

/** Who works there. */
export const people = [["ana@example.test", "system-manager", "en", "Ana Prueba"], ["sofia@example.test", "system-manager", "es", "Sofía Modelo"],
  ["rosa@example.test", "syncer-user", "es", "Rosa Ensayo"], ["ivan@example.test", "read-only", "en", "Iván Muestra"]];

export async function fill(systems, desk) {
  await systems.enter();
  const orders = await systems.records("SalesOrder");
  await policies(systems, desk, orders);
  await reports(desk, orders);
  await leads(systems, desk);
  await drafts(desk);
  await drift(systems, desk);
  await desk.post("/profile/tokens", { label: "nightly export", scope: "read", days: "90" });
}

async function policies(systems, desk, orders) {
  const addressed = orders.filter(order => order.cf_2739);
  for (const order of addressed.slice(0, 3)) await systems.revise(order.id, { cf_2739: "" });
  await systems.revise(addressed[4].id, { cf_2299: "2090-01-01" });
  await desk.sync("policy");
  const made = (await systems.documents("Sales Order")).filter(order => order.custom_vtiger_id);
  for (const [index, { name, custom_vtiger_id }] of made.slice(0, 7).entries()) {
    await systems.revise(custom_vtiger_id.split("/")[0], { cf_2803: `V-${1000 + index}`, cf_2255: index % 2 ? "Yes" : "" });
    await systems.frappe("PUT", `Sales Order/${encodeURIComponent(name)}`, { custom_subscriber_id: `F-${1000 + index}` });
  }
  await desk.sync("policy", { full: "1" });
  const ids = [...new Set((await desk.text("/conflicts")).match(/name="id" value="[^"]+/g) ?? [])].map(found => found.split('value="')[1]);
  const all = [["state", "open"], ["mapping", ""], ["q", ""]];
  await desk.post("/conflicts", [["choice", "vtiger"], ...all, ...ids.slice(0, 1).map(id => ["id", id])]);
  await desk.sync("policy");
  await desk.post("/conflicts", [["choice", "frappe"], ...all, ...ids.slice(1, 2).map(id => ["id", id])]);
  for (const { custom_vtiger_id } of made.slice(9, 14)) await systems.revise(custom_vtiger_id.split("/")[0], { cf_2803: "9".repeat(8) });
  await desk.post("/sync/policy/dry-run", { full: "1" });
  await desk.idle();
  await desk.post("/sync/policy/schedules/edit", { name: "hourly", cron: "15 6-20 * * MON-FRI", minutes: "30", attempts: "3", catch_up: "once", enabled: "on", was: "" });
}

async function reports(desk, orders) {
  const book = orders.filter(order => order.cf_2119);
  const ago = days => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  for (const [some, company, broker, day, mode, name] of [
    [book.slice(0, 60), "oscar", "BS", ago(18), "real", "oscar first.csv"], [book.slice(0, 70), "oscar", "BS", ago(4), "real", "oscar second.csv"],
    [book.slice(10, 50), "oscar", "ADC", ago(4), "dry", "oscar alto.csv"], [book.slice(30, 40), "oscar", "BS", ago(21), "real", "oscar older.csv"]]) {
    await desk.report(some, company, broker, day, mode, name);
    await desk.idle();
  }
  const found = [...(await desk.text("/scheduler/findings")).matchAll(/name="id" value="([^"]+)" form="bulk"/g)].map(match => match[1]);
  for (const [index, review] of ["Portal Error", "Paid", "Portal Error"].entries())
    await desk.post(`/scheduler/findings/${found[index]}/review`, { review, description: index ? "" : "Asked the company on Monday; they look into it." });
}

// ---- mappings that people make

const begin = (desk, name, title, module, doctype) => desk.post("/mappings/new", { name, title, module, doctype });

const LEADS = (stages, more) => `format = 1
name = "leads"
title = "Leads of the web page"
deletes = "propagate"

[[unit]]
name = "lead"
module = "Leads"

[[unit.document]]
role = "lead"
doctype = "Lead"
external_id = "custom_vtiger_id"
match = [["email_id"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
email_id = "email"
city = "city"
custom_town = { vtiger = "state", direction = "to_frappe" }
custom_stage = { vtiger = "leadstatus", direction = "to_frappe", transform = { map = { ${stages} } } }
${more}`;

const ALL_STAGES = '"Not Contacted" = "Cold", "Contacted" = "Warm", "Hot" = "Hot", "Warm" = "Warm", "Lost Lead" = "Cold"';
const REMARKS = 'custom_remarks = { vtiger = "website", direction = "to_frappe" }\n';

async function leads(systems, desk) {
  await systems.addField("Lead", "custom_stage", { label: "Stage", fieldtype: "Select", options: "Hot\nWarm\nCold", insert_after: "email_id" });
  await systems.addField("Lead", "custom_town", { label: "Town", fieldtype: "Data", insert_after: "email_id" });
  await systems.addField("Lead", "custom_remarks", { label: "Remarks", fieldtype: "Data", length: 140, insert_after: "email_id" });
  for (const lead of (await systems.records("Leads")).slice(0, 6))
    await systems.frappe("POST", "Lead", { first_name: lead.firstname, last_name: lead.lastname, email_id: lead.email, city: lead.city });
  await begin(desk, "leads", "Leads of the web page", "Leads", "Lead");
  await desk.write("leads", LEADS(ALL_STAGES, ""));
  await desk.publish("leads", "Leads of the web page, to begin with");
  await desk.write("leads", LEADS(ALL_STAGES, REMARKS));
  await desk.publish("leads", "The web page's address, too");
  const [first, second] = await desk.linkable("leads", "lead", "lead");
  for (const [pick, decision] of [[first, "accept"], [second, "reject"]])
    if (pick) await desk.post("/mappings/leads/linking/decide", { unit: "lead", role: "lead", show: "open", decision, pick });
  await desk.sync("leads");
}

/** Drafts: one that changes what runs, one with much wrong, one that cannot be read, one that lacks a field; and one retired. */
async function drafts(desk) {
  await desk.write("leads", LEADS('"Hot" = "Hot", "Warm" = "Warm"', REMARKS).replace(/^(city|custom_town) .*\n/gm, ""));
  await begin(desk, "claims", "Members' claims", "Contacts", "Contact");
  await desk.write("claims", `format = 1
name = "claims"
title = "Members' claims"
on_drift = "perhaps"

[[unit]]
name = "claim"
module = "Contacts"

[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_vtiger_id"
match = [["first_name", "birthday"]]
[unit.document.fields]
first_name = "firstnme"
last_name = "lastname"
middle_name = "lastname"
department = { vtiger = "department", transform = "shout" }
status = { vtiger = "leadsource", direction = "sideways" }
`);
  await begin(desk, "scribble", "Not finished", "Contacts", "Contact");
  await desk.write("scribble", 'format = 1\nname = "scribble"\n[[unit\n');
  await begin(desk, "people", "People and their numbers", "Contacts", "Contact");
  await desk.write("people", `format = 1
name = "people"
title = "People and their numbers"

[[unit]]
name = "contact"
module = "Contacts"

[[unit.document]]
role = "person"
doctype = "Contact"
external_id = "custom_crm_number"
match = [["first_name", "last_name"]]
[unit.document.fields]
first_name = "firstname"
last_name = "lastname"
designation = "title"
[[unit.document.row]]
table = "email_ids"
columns = { email_id = "email", is_primary = { constant = true } }
exclusive = ["is_primary"]
`);
  await desk.post("/mappings/leads/copy", { name: "old-leads", title: "Leads as they were" });
  await desk.publish("old-leads", "For the fair of last spring");
  await desk.post("/mappings/old-leads/retire");
}

/** An administrator of Frappe changes fields under the running mapping, and somebody empties VTiger's list of leads. */
async function drift(systems, desk) {
  await systems.changeField("Lead", "custom_remarks", { length: 60 });
  for (const lead of (await systems.records("Leads")).slice(0, 22)) await systems.remove(lead.id);
  await desk.sync("leads", { full: "1" });
  await systems.changeField("Lead", "custom_stage", { options: "Hot\nWarm" });
  await systems.dropField("Lead", "custom_town");
  await desk.sync("leads");
}
