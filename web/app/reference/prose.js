// Plain words with `code` in them, as elements.

import { h } from "../dom.js";

/** A line of text; what stands between backticks is code. */
export const inline = (text) => text.split("`").map((part, place) => (place % 2 === 1 ? h("code", {}, part) : part));

/** Paragraphs, which blank lines part. */
export const prose = (text) => (text ?? "").split(/\n\s*\n/).filter((part) => part.trim() !== "")
  .map((part) => h("p", {}, inline(part.replaceAll("\n", " "))));
