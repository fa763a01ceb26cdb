// The shape of a body: a row a field, and what is inside of it when it is opened.

import { fill, h } from "../dom.js";
import { inline } from "./prose.js";

const DEPTH_MOST = 8;

/** What a schema stands for, through references, and what the reference calls it. */
export function resolved(schema, document) {
  if (schema?.$ref === undefined) return { name: null, schema: schema ?? {} };
  const name = schema.$ref.split("/").at(-1);
  return { name, schema: { ...document.components.schemas[name], ...(schema.description ? { description: schema.description } : {}) } };
}

const isNull = (schema) => schema.type === "null";
const choices = (schema) => (schema.oneOf ?? schema.anyOf ?? []).filter((one) => !isNull(one));

/** The same without "or nothing at all". */
function present(schema) {
  const rest = choices(schema);
  return rest.length === 1 ? rest[0] : schema;
}

/** What kind of value it is, in a few words. */
export function kindOf(given, document) {
  const { name, schema } = resolved(present(given), document);
  const type = (Array.isArray(schema.type) ? schema.type : [schema.type]).find((one) => one !== "null");
  if (schema.enum) return `one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (type === "array") return `list of ${kindOf(schema.items ?? {}, document)}`;
  if (choices(schema).length > 1) return "one of several shapes";
  if (schema.properties) return name ?? "object";
  if (type === "object") return schema.additionalProperties ? "object by name" : name ?? "object";
  return [type ?? "any value", schema.format === "date-time" ? "(a moment, RFC 3339)" : "", limits(schema)].filter(Boolean).join(" ");
}

function limits(schema) {
  const { minLength, maxLength, minimum, maximum } = schema;
  if (maxLength !== undefined) return `of ${minLength ?? 0} to ${maxLength} characters`;
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `from ${minimum}`;
  return maximum === undefined ? "" : `up to ${maximum}`;
}

/** What is inside: the fields of an object, of the entries of a list, or of each of several shapes. */
function inside(given, document) {
  const { schema } = resolved(present(given), document);
  if (schema.properties) return [{ title: null, schema }];
  if (schema.items) return inside(schema.items, document);
  if (typeof schema.additionalProperties === "object") return inside(schema.additionalProperties, document);
  if (schema.allOf) {
    const parts = schema.allOf.flatMap((one) => inside(one, document));
    return parts.length === 0 ? [] : [{ title: null, schema: merged(parts.map((part) => part.schema)) }];
  }
  return choices(schema).flatMap((one) => inside(one, document).map((part) => ({ ...part, title: part.title ?? titleOf(one, document) })));
}

const merged = (parts) => ({ properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
  required: parts.flatMap(({ required = [] }) => required) });

function titleOf(given, document) {
  const { name, schema } = resolved(given, document);
  const word = Object.entries(schema.properties ?? {}).find(([, value]) => value.const !== undefined || value.enum?.length === 1);
  return word === undefined ? name ?? "shape" : `${word[0]}: ${JSON.stringify(word[1].const ?? word[1].enum[0])}`;
}

/** A list of fields; what is inside of one is made when it is opened. */
export function shape(given, document, depth = 0) {
  const parts = inside(given, document);
  if (parts.length === 0) return h("p", { class: "quiet" }, kindOf(given, document));
  const fields = ({ schema }) => h("dl", { class: "fields" }, Object.entries(schema.properties)
    .map(([name, value]) => field(name, value, (schema.required ?? []).includes(name), document, depth)));
  if (parts.length === 1) return fields(parts[0]);
  return h("div", { class: "shapes" }, parts.map((part) => later(h("code", {}, part.title), () => fields(part))));
}

function field(name, value, needed, document, depth) {
  const { schema } = resolved(present(value), document);
  const words = value.description ?? present(value).description ?? schema.description;
  const deeper = depth < DEPTH_MOST && inside(value, document).length > 0;
  return h("div", {},
    h("dt", {}, h("code", {}, name), h("span", { class: "note" }, ` ${kindOf(value, document)}${needed ? ", needed" : ""}`)),
    h("dd", {}, words ? h("p", {}, inline(words.replaceAll("\n", " "))) : null,
      deeper && later("What is in it", () => shape(value, document, depth + 1))));
}

/** Something that is made when it is opened for the first time. */
export function later(summary, make) {
  const holder = h("div", {});
  const details = h("details", {}, h("summary", {}, summary), holder);
  details.addEventListener("toggle", () => details.open && holder.childElementCount === 0 && fill(holder, make()));
  return details;
}
