// The link that the demo prints first: a person learns among simulated classmates. It comes last of
// all tests, because the time of the demo slows down for whoever learns.

import { settled, step } from "./learn-site.mjs";
import { openLive, watch } from "./watch.mjs";

export const views = ["phone-dark"];

export default async ({ page, baseUrl, learn, key, check, skip, shot }) => {
  if (learn === undefined) {
    skip("the demo's link", "no link was printed");
    return;
  }
  const wrong = await watch(page, baseUrl);
  await page.goto(learn);
  await settled(page);
  check("the link leads to the course", await page.locator("h1").innerText() === "Probability from zero");
  await step(page, () => page.getByRole("button", { name: "Start" }).click());
  check("the course begins with a question", await page.locator("form.question").count() === 1);
  await shot("learn-demo");
  const headers = { authorization: `Bearer ${key}` };
  const numbers = await (await fetch(`${baseUrl}/v1/stats`, { headers })).json();
  check("time runs as on a watch for whoever learns", numbers.clock_factor === 1, `${numbers.clock_factor}`);
  await openLive(page, baseUrl);
  // The numbers of the moment before may be the first that come.
  await page.locator("#demo", { hasText: "Somebody learns" }).waitFor({ timeout: 5000 }).catch(() => {});
  const said = await page.locator("#demo").innerText();
  check("the live page says so", /Somebody learns/.test(said), said);
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};
