// What must never happen on a page: an error in the console, a breach of the content security
// policy, or a request that leaves the server.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Begins to watch; gives the list of what went wrong, which grows. `own` are the servers of the test. */
export async function watch(page, baseUrl, allowed = () => false) {
  const wrong = Object.assign([], { own: [baseUrl] });
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error}`));
  page.on("console", (message) => {
    const isBad = message.type() === "error" && !allowed(message);
    if (isBad) wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    const isOwn = wrong.own.some((base) => url.startsWith(`${base}/`)) || url.startsWith("data:");
    if (!isOwn) wrong.push(`outside: ${url}`);
  });
  await page.exposeFunction("tellBreach", (text) => wrong.push(`policy: ${text}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      window.tellBreach(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return wrong;
}

/** Waits until the live page shows numbers of this moment. */
export async function openLive(page, baseUrl) {
  await page.goto(`${baseUrl}/`);
  await page.waitForSelector('#main[aria-busy="false"]');
  await page.waitForSelector('#connection[data-state="live"]');
}

/** How much wider than the window the page is. */
export const overflow = (page) => page.evaluate(
  () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
);

/** What sticks out at the side, the innermost elements. */
export const sticksOut = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  const inside = (one) => one.closest(".scroll, pre, .unseen") !== null && !one.matches(".scroll");
  const out = [...document.body.querySelectorAll("*")].filter((one) =>
    one.getBoundingClientRect().right > width + 1 && !inside(one));
  return out.filter((one) => !out.some((other) => other !== one && one.contains(other)))
    .slice(0, 4).map((one) => `${one.parentElement.tagName}.${one.parentElement.className} > ${one.outerHTML.slice(0, 90)}`).join(" | ");
});

/** A shown number, without its commas. */
export const numberIn = async (page, selector) =>
  Number((await page.locator(selector).innerText()).replaceAll(",", ""));

/** What axe-core finds, as text, and words that only a program says. */
export async function barriers(page) {
  // Evaluated by the debugger, so the page's policy can stay as strict as it is.
  await page.evaluate(readFileSync(AXE, "utf8"));
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    const found = violations.map(({ id, nodes }) =>
      `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) =>
        `${html.slice(0, 120)} ${failureSummary}`).join(" | ")}`);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      const isProgram = /^(null|undefined|false|true|NaN|\[object \w+\])+$/.test(data.trim());
      if (isProgram && parentElement.closest("pre, code, script") === null) {
        found.push(`a word of a program: ${data} in ${parentElement.outerHTML.slice(0, 120)}`);
      }
    }
    return found;
  });
}
