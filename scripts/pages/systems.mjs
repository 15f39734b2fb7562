// The sandbox's two systems, edited as their own users and administrators would.

import { createHash } from "node:crypto";

import { until } from "./wait.mjs";

export class Systems {
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

  /** All records of a module. */
  async records(module) {
    const all = [];
    for (let from = 0; ; from += 100) {
      const some = await this.vtiger("query", { query: `select * from ${module} order by id limit ${from}, 100;` }, false);
      all.push(...some);
      if (some.length < 100) return all;
    }
  }

  revise(id, fields) { return this.vtiger("revise", { element: JSON.stringify({ id, ...fields }) }); }

  remove(id) { return this.vtiger("delete", { id }); }

  async frappe(method, path, body) {
    const headers = { authorization: `token ${this.env.COMPANY_SYNC_FRAPPE_API_KEY}:${this.env.COMPANY_SYNC_FRAPPE_API_SECRET}`, "content-type": "application/json" };
    const answer = await fetch(`${this.env.COMPANY_SYNC_FRAPPE_URL}/api/resource/${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return (await answer.json()).data;
  }

  documents(kind) {
    return this.frappe("GET", `${encodeURIComponent(kind)}?fields=${encodeURIComponent('["name","custom_vtiger_id"]')}&limit_page_length=500`);
  }

  /** A custom field, as an administrator of Frappe adds one. */
  addField(dt, fieldname, fields) { return this.frappe("POST", "Custom Field", { dt, fieldname, ...fields }); }

  changeField(dt, fieldname, fields) { return this.frappe("PUT", `Custom Field/${encodeURIComponent(`${dt}-${fieldname}`)}`, fields); }

  dropField(dt, fieldname) { return this.frappe("DELETE", `Custom Field/${encodeURIComponent(`${dt}-${fieldname}`)}`); }
}
