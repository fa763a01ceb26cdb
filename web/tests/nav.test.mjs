// The way between pages: what is in it follows the key, every page leads to every other, and a teacher
// meets no word of a scientist.

import { COURSE, startSite, takeCourse } from "./learn-site.mjs";
import { barriers, watch } from "./watch.mjs";

export const views = ["desktop-light", "phone-dark"];

const BANNED = /propensity|policy|candidate|treatment|variant|probe|guardrail|reward|nats\b|entropy/i;
const SCIENTIST = ["courses:read", "experiments:read", "experiments:write", "policies:write", "stream:read", "decisions:read"];

export default async ({ page, view, check, shot }) => {
  const site = await startSite(COURSE);
  const wrong = await watch(page, site.baseUrl, (message) => /ERR_|40[13]/.test(message.text()));
  const items = async () => {
    await page.waitForSelector("#pages > ul > li");
    await page.waitForTimeout(300);
    return page.locator("#pages > ul > li > a").evaluateAll((all) => all.map((one) => one.textContent).join(" "));
  };
  try {
    await page.goto(site.link("ada"));
    await takeCourse(page, async () => {});
    await site.enter(page, site.keyFor("a teacher", "teacher"));
    await page.goto(`${site.baseUrl}/class?course=small`);
    check("a teacher has Class and Course", await items() === "Live Class Course Help API", await items());
    await page.waitForSelector("table.heat");
    for (const address of ["/class?course=small", "/course/small", "/learner?id=ada&course=small"]) {
      await page.goto(`${site.baseUrl}${address}`);
      await page.waitForSelector('#main[aria-busy="false"]');
      await page.waitForTimeout(400);
      const text = await page.locator("body").innerText();
      check(`no word of a scientist at ${address}`, !BANNED.test(text), text.match(BANNED)?.[0]);
    }
    await site.enter(page, site.keyFor("a scientist", ...SCIENTIST));
    check("a scientist has experiments and policies besides", await items() === "Live Course Experiments Policies Help API", await items());
    await site.enter(page, site.key);
    check("an operator has the system besides", await items() === "Live Class Course Experiments Policies System Help API", await items());
    await everywhere({ page, site, view, check, shot });
  } finally {
    await site.stop();
  }
  check("nothing went wrong", wrong.length === 0, wrong.join(" || "));
};

/** From each page to each other in two taps at most: the bar, or "More" and then the page. */
async function everywhere({ page, site, view, check, shot }) {
  const names = ["Live", "Class", "Course", "Experiments", "Policies", "System"];
  for (const from of ["/", "/class", "/course/small", "/experiments", "/policy/small", "/system"]) {
    await page.goto(`${site.baseUrl}${from}`);
    await page.waitForSelector("#pages a");
    const reachable = await page.evaluate(() => {
      const more = document.querySelector("#pages button");
      if (more !== null && more.getClientRects().length > 0) more.click();
      return [...document.querySelectorAll("#pages a")].filter((one) => one.getClientRects().length > 0).map((one) => one.textContent);
    });
    const missing = names.filter((name) => !reachable.includes(name));
    check(`from ${from} every page is two taps away`, missing.length === 0, missing.join(", "));
    const marked = await page.locator("#pages > ul [aria-current=page]").count();
    check(`${from} is marked as the page one is on`, marked === 1, `${marked}`);
  }
  if (!view.startsWith("phone")) return;
  await page.goto(`${site.baseUrl}/system`);
  await page.waitForSelector("#pages button");
  const bar = await page.locator("#pages > ul > li").evaluateAll((all) => all.filter((one) => one.getClientRects().length > 0).length);
  check("a phone's bar has four and More", bar === 4, `${bar}`);
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 700 });
    const fits = await page.locator("#pages").evaluate((one) => one.scrollWidth <= document.documentElement.clientWidth);
    const small = await page.locator("#pages a:visible, #pages button").evaluateAll((all) =>
      all.filter((one) => one.getBoundingClientRect().height < 24).length);
    check(`the bar fits ${width} px and can be hit`, fits && small === 0, `${small} too small`);
  }
  await page.locator("#pages button").click();
  const found = await barriers(page);
  check("the bar has no barrier", found.length === 0, found.join(" || "));
  await shot("nav-more");
}
