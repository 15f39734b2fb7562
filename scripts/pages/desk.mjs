// A person at the pages of the service.

import { until } from "./wait.mjs";

export const PASSWORD = "a long enough password";

export class Desk {
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

  async sync(mapping, fields = {}) { await this.post(`/sync/${mapping}/run`, fields); await this.idle(); }

  /** Uploads a company's report about these orders. */
  async report(orders, company, broker, day, mode, name) {
    const rows = orders.map((order, index) => `${order.cf_2119},${["Active", "Active", "Grace period", "Inactive", "Delinquent"][index % 5]},12/31/2026,$${100 + index}.00`);
    const text = `Member ID,Policy status,Coverage end date,Premium amount\n${rows.join("\n")}\n`;
    await this.post("/scheduler/new", { company, broker, as_of: day, plan_year: "", mode }, { name, text });
  }

  /** Which draft of a mapping its pages show. */
  async revision(mapping) { return (await this.text(`/mappings/${mapping}/text`)).match(/name="revision" value="(-?\d+)"/)[1]; }

  async write(mapping, text) { await this.post(`/mappings/${mapping}/text`, { revision: await this.revision(mapping), text }); }

  async publish(mapping, note) { await this.post(`/mappings/${mapping}/publish`, { revision: await this.revision(mapping), note }); }

  async linkable(mapping, unit, role) {
    await this.post(`/mappings/${mapping}/linking/find`, { unit, role });
    const page = `/mappings/${mapping}/linking?unit=${unit}&role=${role}`;
    await until("an end of the search for pairs", async () => !/data-status="(Pending|In Progress)"/.test(await this.text(page)));
    return [...(await this.text(page)).matchAll(/name="pick" value="([^"]+)"/g)].map(found => found[1]);
  }
}
