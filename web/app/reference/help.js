// The glossary of the repository as a page: the server sends the text, and this shows it.

import { byId, fill, h, setText, show } from "../dom.js";
import { inline } from "./prose.js";

/** What follows is for whoever names things in code. */
const CODERS = "\n## Names that tidy refuses";
let entries = [];

/** A row of a table of Markdown. */
const cells = (line) => line.split("|").slice(1, -1).map((cell) => cell.trim());

/** The name by which a term is linked: `kill-switch`. */
export const anchorOf = (term) => term.toLowerCase().replaceAll(/\(.*?\)/g, "").trim().split(",")[0].trim().replaceAll(/[^\p{L}\p{N}]+/gu, "-");

/** The words and the paragraphs of the glossary. */
export function readGlossary(text) {
  const lines = text.split(CODERS)[0].split("\n").slice(1);
  const rows = lines.filter((line) => line.startsWith("|")).map(cells).slice(2);
  const paragraphs = lines.filter((line) => !line.startsWith("|")).join("\n").split(/\n\s*\n/)
    .map((part) => part.trim().replaceAll("\n", " ")).filter(Boolean);
  const taken = new Set();
  return { paragraphs, terms: rows.map(([term, means, not]) => {
    let id = anchorOf(term);
    while (taken.has(id)) id += "-2";
    taken.add(id);
    return { id, term, means, not: not ?? "" };
  }) };
}

async function start() {
  const answer = await fetch("/glossary.md").catch(() => null);
  if (answer === null || !answer.ok) {
    setText(byId("trouble"), "The glossary cannot be had from the server now.");
    show(byId("trouble"), true);
  } else {
    render(readGlossary(await answer.text()));
  }
  byId("main").setAttribute("aria-busy", "false");
}

function render({ paragraphs, terms }) {
  fill(byId("intro"), h("p", {}, inline(`${(paragraphs[0] ?? "").split(". ")[0]}.`)));
  entries = terms.map(({ id, term, means, not }) => ({ words: `${term} ${means} ${not}`.toLowerCase(), element: h("div", { id },
    h("dt", {}, h("a", { href: `#${id}` }, term)),
    h("dd", {}, inline(means), not !== "" && h("span", { class: "note" }, "not: ", inline(not)))) }));
  fill(byId("glossary"), entries.map(({ element }) => element));
  search();
  const named = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  named?.scrollIntoView();
}

function search() {
  const words = byId("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = entries.filter((entry) => {
    const fits = words.every((word) => entry.words.includes(word));
    show(entry.element, fits);
    return fits;
  });
  setText(byId("found"), words.length === 0 ? `${entries.length} words.` : `${fitting.length} of ${entries.length} words.`);
}

if (globalThis.document !== undefined) {
  byId("words").addEventListener("input", search);
  byId("search").addEventListener("submit", (event) => event.preventDefault());
  start();
}
