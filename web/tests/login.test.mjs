// The door: closed without a key, clear about a bad one, open with a good one.

import { overflow, watch } from "./watch.mjs";

export default async ({ page, baseUrl, key, view, check, skip, shot }) => {
  const isRefusal = (message) => /\b40[14]\b/.test(message.text());
  const wrong = await watch(page, baseUrl, isRefusal);
  await page.context().clearCookies();

  await page.goto(`${baseUrl}/`);
  await page.waitForURL("**/login**");
  check("without a session the live page leads to the door", true);
  await page.fill("#key", "nx_this_is_no_key");
  await page.click("#enter");
  await page.waitForSelector("#trouble:not([hidden])");
  check("a bad key is refused in words", /key/.test(await page.locator("#trouble").innerText()));
  check("and the field is marked", await page.locator("#key").getAttribute("aria-invalid") === "true");
  check("says where keys come from", (await page.locator("#where").innerText()).includes("nexus key create"));
  const tooWide = await overflow(page);
  check("fits the width", tooWide <= 0, `${tooWide} px in ${view}`);
  await shot("login");

  if (key === undefined) {
    skip("a good key opens the page", "no API key was printed");
  } else {
    await page.fill("#key", key);
    await page.click("#enter");
    await page.waitForSelector('#connection[data-state="live"]');
    check("a good key opens the page", new URL(page.url()).pathname === "/");
    const missing = await page.goto(`${baseUrl}/no-such-page`);
    check("where nothing is, a page says so", missing.status() === 404
      && /Nothing is here/.test(await page.locator("h1").innerText()));
    await page.goto(`${baseUrl}/`);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL("**/login**");
    await page.goto(`${baseUrl}/`);
    await page.waitForURL("**/login**");
    check("logging out closes the door", true);
  }
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};
