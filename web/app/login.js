// The door: sends the key, says what went wrong, and goes back to where one wanted to be.

import { login } from "./api.js";
import { byId, setText, show } from "./dom.js";

const form = byId("login");
const key = byId("key");
const enter = byId("enter");

function complain(text) {
  setText(byId("trouble"), text);
  show(byId("trouble"), text !== "");
  key.setAttribute("aria-invalid", String(text !== ""));
}

/** Only a place on this server: a path with one slash in front. */
function destination() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("");
  enter.setAttribute("disabled", "");
  setText(enter, "Checking…");
  const trouble = await login(key.value.trim());
  if (trouble === null) {
    location.assign(destination());
    return;
  }
  enter.removeAttribute("disabled");
  setText(enter, "Log in");
  complain(trouble);
  key.focus();
  key.select();
});

byId("reveal").addEventListener("change", (event) => {
  key.type = event.target.checked ? "text" : "password";
});

// Without this script, the server leads back here.
if (new URLSearchParams(location.search).has("error")) {
  complain("This key does not open the door. Check that you copied all of it.");
}
