// The keys: what each may do, until when, when it was used; and revoking one, by writing its name.

import { fill, h, setText, table } from "../dom.js";
import { day, isKnown } from "../format.js";
import { revokeKey } from "./read.js";

const STATES = { valid: "valid", expired: "expired", revoked: "revoked" };
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const date = (at) => (isKnown(at) ? DAY.format(at) : null);

/** What a list of scopes comes to, with the list itself for whoever wants it. */
function scopesCell(scopes) {
  const whole = scopes.includes("admin") ? "everything" : scopes.length > 6 ? `${scopes.length} scopes` : null;
  if (whole === null) return scopes.join(", ");
  return h("details", {}, h("summary", {}, whole), h("span", { class: "note" }, scopes.join(", ")));
}

export const keysTable = (keys) => table("One row a key; the keys themselves are kept nowhere.",
  ["Name", "State", "May do", "Expires", "Last used"],
  keys.map((key) => [
    [h("bdi", {}, key.name), h("span", { class: "note" }, `${key.id}, ends in …${key.lastFour}${key.own ? ", yours" : ""}`)],
    h("span", { class: "state", "data-state": key.state }, STATES[key.state] ?? key.state,
      isKnown(key.revokedAt) && h("span", { class: "note" }, day(key.revokedAt))),
    scopesCell(key.scopes), date(key.expiresAt) ?? "never", date(key.usedOn) ?? "not yet"]));

/** @param {Element} parent @param {object[]} keys @param {(words: string) => Promise<void>} done */
export function showRevocation(parent, keys, done) {
  const good = keys.filter((key) => key.state === "valid" && !key.own);
  const shown = JSON.stringify(good.map(({ id }) => id));
  if (parent.dataset.shown === shown) return;
  parent.dataset.shown = shown;
  if (good.length === 0) return fill(parent);
  const failed = h("p", { class: "failed", role: "alert" });
  const select = h("select", { name: "id" }, good.map(({ id, name }) => h("option", { value: id }, `${name} (${id})`)));
  const form = h("form", {}, h("p", { class: "quiet" }, "It is refused from the next request on, with every session that it opened, and for good. Who uses it needs another one first."),
    h("label", {}, "Key", select),
    h("label", {}, "Write its name, so that it is the right one", h("input", { name: "name", required: true, maxlength: 200, autocomplete: "off", spellcheck: false })),
    failed, h("button", { type: "submit", class: "danger" }, "Revoke it for good"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { id, name } = Object.fromEntries(new FormData(form));
    setText(failed, "");
    try {
      const gone = await revokeKey(id, name);
      await done(`“${gone.name}” is revoked.`);
    } catch (failure) {
      const wrong = failure.errors?.some(({ code }) => code === "other_key");
      setText(failed, wrong ? "This is not the name of that key. Nothing was revoked." : failure.message);
    }
  });
  fill(parent, h("details", {}, h("summary", {}, "Revoke a key"), form));
}
