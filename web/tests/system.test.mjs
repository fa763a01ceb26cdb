// The page of the operator: healthy or not in one sentence, keys, backups, and what people did.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { COURSE, startSite } from "./learn-site.mjs";
import { barriers, overflow, sticksOut, watch } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

const settled = (page) => page.waitForSelector('#main[aria-busy="false"]');

export default async ({ page, baseUrl, view, check, shot }) => {
  const wrong = await watch(page, baseUrl, (message) => /revoke/.test(message.location().url) || /ERR_/.test(message.text()));
  await page.goto(`${baseUrl}/system`);
  await settled(page);
  const verdict = await page.locator("#verdict").innerText();
  check("says in one sentence whether it works", /^(Everything works[.,]|\d+ things? do(es)? not work)/.test(verdict), verdict);
  const facts = await page.locator("#server").innerText();
  check("says version, readiness, journal, disk, backup", ["Version", "Ready", "Journal", "Disk", "Backup"].every((one) => facts.includes(one)), facts);
  check("who only reads is told where keys are", /keys:write/.test(await page.locator("#keys-note").innerText()));
  check("what people did is listed", await page.locator("#audit tbody tr").count() >= 2);
  await page.selectOption("#audit-kind", "courses");
  const onlyCourses = () => {
    const rows = [...document.querySelectorAll("#audit tbody tr")];
    return rows.length > 0 && rows.every((row) => /published version/.test(row.textContent));
  };
  await page.waitForFunction(onlyCourses);
  check("and can be filtered, and the filter stands in the address", page.url().endsWith("?only=courses"), page.url());
  const found = await barriers(page);
  check("has no barrier", found.length === 0, found.join(" || "));
  for (const width of [320, 390, 768, 1024, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const tooWide = await overflow(page);
    check(`fits ${width} px`, tooWide <= 0, `${tooWide} px: ${await sticksOut(page)}`);
  }
  await shot("system");
  if (view === "desktop-light" || view === "phone-dark") await operate({ page, check, shot, wrong });
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** On a server of its own: an alarm, a backup, a revoked key. */
async function operate({ page, check, shot, wrong }) {
  const site = await startSite(COURSE);
  wrong.own.push(site.baseUrl);
  const folder = mkdtempSync(path.join(tmpdir(), "nexus-backup-"));
  try {
    const old = site.keyFor("the old site", "site");
    await site.enter(page, site.key);
    await page.goto(`${site.baseUrl}/system`);
    await settled(page);
    check("a new server works", /^Everything works\. Nothing needs you/.test(await page.locator("#verdict").innerText()));
    check("no backup is known, and the command is there", await page.locator("#backup-command").isVisible());

    site.nexus("backup", folder, "--data", site.data);
    await site.api("POST", "/v1/switch", { thrown: true, reason: "rewards fell", course: "small" });
    await page.waitForFunction(() => /1 thing needs somebody/.test(document.querySelector("#verdict").textContent));
    const alarms = await page.locator("#alarms").innerText();
    check("an alarm says what is the case and what to do", /kill switch is on in small[\s\S]*release it/.test(alarms), alarms);
    check("the backup is known, and how far behind it is", /up to entry \d+, \d+ behind/.test(await page.locator("#server").innerText()));

    await page.locator("#revoke summary").click();
    const form = page.locator("#revoke form");
    await form.locator("select").selectOption({ label: await form.locator("option", { hasText: "the old site" }).innerText() });
    await form.locator("input").fill("another name");
    await form.getByRole("button").click();
    await page.waitForFunction(() => /Nothing was revoked/.test(document.querySelector("#revoke .failed").textContent));
    const asks = async () => (await fetch(`${site.baseUrl}/v1/courses`, { headers: { authorization: `Bearer ${old}` } })).status;
    check("the wrong name revokes nothing", await asks() === 200);
    await form.locator("input").fill("the old site");
    await form.getByRole("button").click();
    await page.waitForFunction(() => /revoked/.test(document.querySelector("#keys tbody").textContent));
    check("the right one does, at once", await asks() === 401);
    check("the keys themselves are nowhere on the page", !(await page.content()).includes(old));
    check("its own key is not offered", !/tests \(/.test(await page.locator("#revoke").innerText()));
    const found = await barriers(page);
    check("the keys have no barrier", found.length === 0, found.join(" || "));
    await shot("system-keys");
    await site.stop();
    await page.waitForFunction(() => /does not answer/.test(document.querySelector("#verdict").textContent), null, { timeout: 20_000 });
    check("a server that is gone is said to be", true);
  } finally {
    await site.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
