// Building and updating elements. Data only ever becomes a text node or an attribute.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * An HTML element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), attributes, children);
}

/** @template {Element} E @param {E} element @returns {E} */
function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter(shown).map(asNode));
  return element;
}

/**
 * Puts children in the place of what an element had. What is null or false is left out; the
 * browser's own `replaceChildren` would write it as a word.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(shown).map(asNode));
}

const shown = (child) => child !== null && child !== undefined && child !== false;
const asNode = (child) => (child instanceof Node ? child : String(child));

/** The element with this id; the page is broken without it. @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Sets a text, and touches nothing when it is the same. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Makes the children of `parent` follow `list`, and keeps the elements that stay, so that focus
 * and selection stay too.
 * @template T
 * @param {Element} parent
 * @param {T[]} list
 * @param {(value: T) => string} keyOf
 * @param {(value: T) => Element} create
 * @param {(element: Element, value: T) => void} [update]
 */
export function follow(parent, list, keyOf, create, update = () => {}) {
  const old = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  let place = parent.firstElementChild;
  for (const value of list) {
    const key = keyOf(value);
    let element = old.get(key);
    if (element === undefined) {
      element = create(value);
      element.setAttribute("data-key", key);
    } else {
      old.delete(key);
      update(element, value);
    }
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of old.values()) gone.remove();
}

/**
 * A table with a caption, column heads and a head in each row. A head that begins with `#` is of
 * numbers.
 * @param {string} caption
 * @param {string[]} heads
 * @param {Child[][]} rows
 */
export function table(caption, heads, rows) {
  const isNumber = heads.map((head) => head.startsWith("#"));
  const of = (position) => (isNumber[position] ? "number" : null);
  const head = (text, position) =>
    h("th", { scope: "col", class: of(position) }, text.replace(/^#/, ""));
  const cell = (value, position) => (position === 0
    ? h("th", { scope: "row" }, value)
    : h("td", { class: of(position) }, value));
  return h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, heads.map(head))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell)))));
}

/** What will be here, why it is not yet, and one command that makes it happen. */
export function nothing(words, command) {
  return h("div", { class: "nothing" },
    h("p", {}, words),
    command ? h("pre", { tabindex: 0, "aria-label": "Command" }, h("code", {}, command)) : null);
}
