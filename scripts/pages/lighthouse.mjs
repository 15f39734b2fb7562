// Lighthouse's scores of pages, on a desk and on a phone.

import { loadavg } from "node:os";

const SCREENS = {
  desktop: { formFactor: "desktop", screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false }, throttling: { rttMs: 40, throughputKbps: 10240, cpuSlowdownMultiplier: 1 } },
  mobile: { formFactor: "mobile" },
};

export async function scores(lighthouse, browser, base, paths, cookie) {
  const port = new URL(browser.wsEndpoint()).port;
  for (const path of paths) for (const [screen, settings] of Object.entries(SCREENS)) {
    const { lhr } = await lighthouse(base + path, { port, logLevel: "error", ...path === "/login" ? {} : { extraHeaders: { Cookie: cookie } }, onlyCategories: ["performance", "accessibility", "best-practices"], disableStorageReset: true, ...settings });
    const points = Object.values(lhr.categories).map(({ title, score }) => `${title} ${score === null ? "–" : Math.round(score * 100)}`).join(", ");
    const audits = Object.values(lhr.audits);
    const lost = audits.filter(audit => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== "informative").map(audit => audit.id).join(" ");
    const failed = [lhr.runtimeError?.message, ...lhr.runWarnings, ...new Set(audits.filter(audit => audit.errorMessage).map(audit => audit.errorMessage))].filter(Boolean);
    const said = id => lhr.audits[id].displayValue ?? "–";
    console.log(`${path} ${screen}: ${points}; FCP ${said("first-contentful-paint")}, LCP ${said("largest-contentful-paint")}, TBT ${said("total-blocking-time")}, CLS ${said("cumulative-layout-shift")}, ${said("total-byte-weight")}, load ${loadavg()[0].toFixed(1)}${lost ? `; lost: ${lost}` : ""}${failed.length ? `; FAILED: ${failed.join(" | ")}` : ""}`);
  }
}
