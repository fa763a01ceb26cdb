// The skills of a course as a graph: what builds on nothing stands at the left, and each skill right
// of all that it builds on.

import { s } from "../dom.js";

const MOST = 200;
const WIDTH = 168;
const HEIGHT = 46;
const GAP_X = 52;
const GAP_Y = 14;
const PAD = 4;
const LETTERS = 23;

/** How far each skill is from what builds on nothing; a circle, which no course has, ends at its entry. */
export function layersOf(skills) {
  const byId = new Map(skills.map((skill) => [skill.id, skill]));
  const depths = new Map();
  const depth = (id, seen) => {
    if (depths.has(id)) return depths.get(id);
    if (seen.has(id)) return 0;
    const requires = (byId.get(id)?.requires ?? []).filter((one) => byId.has(one));
    const within = new Set(seen).add(id);
    const found = requires.length === 0 ? 0 : 1 + Math.max(...requires.map((one) => depth(one, within)));
    depths.set(id, found);
    return found;
  };
  const layers = [];
  for (const skill of skills) (layers[depth(skill.id, new Set())] ??= []).push(skill);
  return order(layers.filter(Boolean));
}

/** Within a layer, each skill stands where what it builds on stands in the mean, so that fewer lines cross. */
function order(layers) {
  const rows = new Map();
  for (const layer of layers) {
    const wish = new Map(layer.map((skill, place) => {
      const above = skill.requires.map((one) => rows.get(one)).filter((row) => row !== undefined);
      return [skill.id, above.length === 0 ? place : above.reduce((sum, row) => sum + row, 0) / above.length];
    }));
    layer.sort((one, other) => wish.get(one.id) - wish.get(other.id));
    layer.forEach((skill, row) => rows.set(skill.id, row));
  }
  return layers;
}

/** The picture, or `null` when there are too many skills for one. */
export function skillGraph(skills) {
  if (skills.length === 0 || skills.length > MOST) return null;
  const layers = layersOf(skills);
  const tallest = Math.max(...layers.map((layer) => layer.length));
  const width = 2 * PAD + layers.length * WIDTH + (layers.length - 1) * GAP_X;
  const height = 2 * PAD + tallest * HEIGHT + (tallest - 1) * GAP_Y;
  const places = new Map();
  layers.forEach((layer, column) => {
    const top = (height - layer.length * HEIGHT - (layer.length - 1) * GAP_Y) / 2;
    layer.forEach((skill, row) => places.set(skill.id, { x: PAD + column * (WIDTH + GAP_X), y: top + row * (HEIGHT + GAP_Y) }));
  });
  const edges = skills.flatMap((skill) => skill.requires.filter((one) => places.has(one))
    .map((one) => edge(places.get(one), places.get(skill.id))));
  return s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `${skills.length} skills in ${layers.length} steps; the list below says what each builds on` },
  s("g", { class: "edges" }, edges), skills.map((skill) => node(skill, places.get(skill.id))));
}

function edge(from, to) {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x - 5, to.y + HEIGHT / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return s("g", {}, s("path", { d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }),
    s("path", { class: "tip", d: `M${x2 + 5} ${y2} l-6 -3.5 v7 z` }));
}

function node(skill, { x, y }) {
  const lines = wrapped(skill.title);
  const first = y + HEIGHT / 2 + (lines.length === 1 ? 4 : -4);
  return s("g", { class: "node", "data-taught": skill.activities.length > 0 },
    s("title", {}, skill.title),
    s("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 8 }),
    lines.map((text, place) => s("text", { x: x + 10, y: first + 15 * place }, text)));
}

/** At most two lines; what is longer is cut, and whole in the list. */
function wrapped(title) {
  if (title.length <= LETTERS) return [title];
  const blank = title.lastIndexOf(" ", LETTERS);
  const at = blank > 8 ? blank : LETTERS;
  const rest = title.slice(at).trim();
  return [title.slice(0, at), rest.length > LETTERS ? `${rest.slice(0, LETTERS - 1)}…` : rest];
}
