// Markdown of courses as elements: paragraphs, headings, lists, quotes, code, strong and emphasised
// words. Everything is built as nodes, so no text of a course ever becomes markup. Links show their
// words only: a lesson leads nowhere else.

import { h } from "../dom.js";

/** @param {string} text @returns {HTMLElement[]} */
export function markdown(text) {
  return blocksOf(text.replaceAll("\r\n", "\n")).map(blockNode);
}

/** One paragraph of it without the paragraph, for labels. @param {string} text */
export const inline = (text) => spans(text.trim().replace(/\s+/g, " "));

/** Groups of lines with blank lines between them; a list, a quote or code also begins a group. */
function blocksOf(text) {
  const blocks = [];
  let lines = [];
  const close = () => {
    if (lines.length > 0) blocks.push(lines);
    lines = [];
  };
  let code = false;
  for (const line of text.split("\n")) {
    if (/^```/.test(line)) {
      if (!code) close();
      code = !code;
      lines.push(line);
      if (!code) close();
    } else if (code) {
      lines.push(line);
    } else if (line.trim() === "") {
      close();
    } else {
      if (lines.length > 0 && kindOf(lines[0]) !== "item" && kindOf(line) !== kindOf(lines[0])) close();
      lines.push(line);
    }
  }
  close();
  return blocks;
}

function kindOf(line) {
  if (/^\s*([-*]|\d+[.)])\s/.test(line)) return "item";
  if (/^#{1,6}\s/.test(line)) return "heading";
  if (/^>\s?/.test(line)) return "quote";
  return /^```/.test(line) ? "code" : "text";
}

function blockNode(lines) {
  switch (kindOf(lines[0])) {
    case "heading": return h("h3", {}, spans(lines[0].replace(/^#+\s*/, "")));
    case "quote": return h("blockquote", {}, markdown(lines.map((line) => line.replace(/^>\s?/, "")).join("\n")));
    case "code": return h("pre", { tabindex: 0 }, h("code", {}, lines.slice(1, -1).join("\n")));
    case "item": return listNode(lines);
    default: return h("p", {}, spans(lines.join(" ")));
  }
}

function listNode(lines) {
  const items = [];
  for (const line of lines) {
    const item = /^\s*(?:[-*]|\d+[.)])\s+(.*)$/.exec(line);
    if (item !== null) items.push(item[1]);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  const first = /^\s*(\d+)/.exec(lines[0])?.[1];
  return h(first === undefined ? "ul" : "ol", { start: first === undefined || first === "1" ? null : first },
    items.map((item) => h("li", {}, spans(item))));
}

const SPAN = /\*\*(.+?)\*\*|\*(?=\S)([^*]*?\S)\*|`([^`]+)`|\[([^\]]+)\]\([^)\s]*\)/;

function spans(text) {
  const nodes = [];
  let rest = text;
  for (let found = SPAN.exec(rest); found !== null; found = SPAN.exec(rest)) {
    const [whole, strong, emphasis, code, link] = found;
    nodes.push(rest.slice(0, found.index));
    if (strong !== undefined) nodes.push(h("strong", {}, spans(strong)));
    else if (emphasis !== undefined) nodes.push(h("em", {}, spans(emphasis)));
    else if (code !== undefined) nodes.push(h("code", {}, code));
    else nodes.push(...spans(link));
    rest = rest.slice(found.index + whole.length);
  }
  nodes.push(rest);
  return nodes.filter((node) => node !== "");
}
