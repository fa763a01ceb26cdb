// The reference of the HTTP interface, made from the OpenAPI document of this server.

import { byId, fill, h, setText, show } from "../dom.js";
import { inline, prose } from "./prose.js";
import { kindOf, later, resolved, shape } from "./shape.js";
import { showTrial } from "./trial.js";

const METHODS = ["get", "post", "put", "delete"];
/** Pages and files are no interface. */
const LEFT_OUT = ["pages"];
const calls = [];

async function start() {
  const answer = await fetch("/openapi.json").catch(() => null);
  if (answer === null || !answer.ok) {
    setText(byId("trouble"), "The document of the interface cannot be had from the server now.");
    show(byId("trouble"), true);
  } else {
    render(await answer.json());
  }
  byId("main").setAttribute("aria-busy", "false");
}

function render(document_) {
  setText(byId("version"), `Version ${document_.info.version}`);
  fill(byId("about"), inline(document_.info.description));
  for (const [path, entry] of Object.entries(document_.paths)) {
    for (const method of METHODS.filter((one) => one in entry)) calls.push(callOf(method, path, entry[method], document_));
  }
  const groups = document_.tags.filter(({ name }) => !LEFT_OUT.includes(name)).map((tag) => ({ tag,
    own: calls.filter((call) => call.tag === tag.name) })).filter(({ own }) => own.length > 0);
  fill(byId("groups"), groups.map(({ tag, own }) => h("section", { class: "panel group", "aria-labelledby": `tag-${tag.name}` },
    h("h2", { id: `tag-${tag.name}` }, tag.name), h("p", { class: "quiet" }, tag.description), own.map(({ element }) => element))));
  showTrial(byId("trial"));
  search();
  openNamed();
}

function callOf(method, path, operation, document_) {
  const id = `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`.replace(/-$/, "");
  const element = later([h("span", { class: "method", "data-method": method }, method.toUpperCase()), " ", h("code", { class: "path" }, path),
    h("span", { class: "what" }, operation.summary)], () => details(method, path, operation, document_));
  element.id = id;
  element.classList.add("call");
  const words = JSON.stringify([method, path, operation.summary, operation.description, operation.parameters,
    Object.entries(operation.responses).map(([status, one]) => [status, one.description]), bodyWords(operation, document_)]).toLowerCase();
  return { tag: operation.tags?.[0], element, words, id };
}

/** The names of the fields that a body has, so that they are found. */
function bodyWords(operation, document_) {
  const { schema } = resolved(operation.requestBody?.content?.["application/json"]?.schema ?? {}, document_);
  return Object.keys(schema.properties ?? {});
}

function details(method, path, operation, document_) {
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const example = body === undefined ? undefined : resolved(body, document_).schema.example;
  return [
    h("div", { class: "about" }, prose(operation.description)),
    parameters(operation.parameters ?? [], document_),
    body && [h("h3", {}, "Body"), shape(body, document_)],
    h("h3", {}, "Example"), h("pre", { tabindex: 0, "aria-label": "Example" }, h("code", {}, curl(method, path, operation, example))),
    h("h3", {}, "Answers"), h("dl", { class: "answers-list" }, Object.entries(operation.responses).map((one) => answerOf(one, document_))),
  ];
}

function parameters(list, document_) {
  if (list.length === 0) return null;
  return [h("h3", {}, "Parameters"), h("dl", { class: "fields" }, list.map((one) => h("div", {},
    h("dt", {}, h("code", {}, one.name), h("span", { class: "note" }, ` in the ${one.in}, ${kindOf(one.schema ?? {}, document_)}${one.required ? ", needed" : ""}`)),
    h("dd", {}, one.description ? h("p", {}, inline(one.description.replaceAll("\n", " "))) : null))))];
}

function answerOf([status, response], document_) {
  const schema = Object.values(response.content ?? {})[0]?.schema;
  const isProblem = schema?.$ref?.endsWith("/Problem");
  return h("div", { "data-status": status[0] }, h("dt", {}, status),
    h("dd", {}, h("p", {}, inline(response.description ?? "")), schema && !isProblem && later("Its shape", () => shape(schema, document_))));
}

/** The call as a shell makes it. */
function curl(method, path, operation, example) {
  const isOpen = (operation.security ?? []).length === 0;
  const needed = (operation.parameters ?? []).filter((one) => one.in === "query" && one.required).map(({ name }) => `${name}=…`);
  const address = `${location.origin}${path.replaceAll(/\{(\w+)\}/g, (_, name) => name.toUpperCase())}${needed.length > 0 ? `?${needed.join("&")}` : ""}`;
  const lines = [`curl -s${method === "get" ? "" : ` -X ${method.toUpperCase()}`} '${address}'`];
  if (!isOpen) lines.push("  -H \"Authorization: Bearer $NEXUS_KEY\"");
  if (example !== undefined) {
    lines.push("  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(example, null, 2).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n");
}

/** Shows the calls that have every word. */
function search() {
  const words = byId("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const call of calls) {
    const fits = !LEFT_OUT.includes(call.tag) && words.every((word) => call.words.includes(word));
    show(call.element, fits);
    found += fits ? 1 : 0;
  }
  for (const group of document.querySelectorAll(".group")) show(group, group.querySelector(".call:not([hidden])") !== null);
  setText(byId("found"), words.length === 0 ? `${found} calls.` : `${found} of them ${found === 1 ? "has" : "have"} these words.`);
}

/** Opens the call that the address names. */
function openNamed() {
  const named = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (named?.hidden) {
    byId("words").value = "";
    search();
  }
  if (named?.matches("details")) named.open = true;
  named?.scrollIntoView();
}

byId("words").addEventListener("input", search);
byId("search").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", openNamed);

start();
