// No barrier on any page, in any view.

import { barriers, openLive } from "./watch.mjs";

export const views = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"];

export default async ({ page, baseUrl, check }) => {
  const free = async (name) => {
    const found = await barriers(page);
    check(`${name} has no barrier`, found.length === 0, found.join(" || "));
  };
  await openLive(page, baseUrl);
  await page.waitForSelector("#choices a");
  await page.locator("#lines-data summary").click();
  await page.waitForSelector("#lines-table table");
  await free("the live page");

  await page.locator("#choices a").first().click();
  await page.waitForSelector("#candidates");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await free("a decision");

  await page.goto(`${baseUrl}/class`);
  await page.waitForSelector("table.heat");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await free("a class");

  await page.goto(`${baseUrl}/learner?id=sim-1`);
  await page.waitForSelector(".skill-card");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await free("a learner");

  await page.goto(`${baseUrl}/nothing-is-here`);
  await free("an address where nothing is");

  await page.goto(`${baseUrl}/login`);
  await page.fill("#key", "nx_this_is_no_key");
  await page.click("#enter");
  await page.waitForSelector("#trouble:not([hidden])");
  await free("the door");
};
