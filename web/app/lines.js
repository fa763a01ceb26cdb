// A chart of lines over time, drawn at the size it has. Lines differ by colour, dash and label.

import { h, s, table } from "./dom.js";
import { day, isKnown, percent, time } from "./format.js";

const HEIGHT = 190;
const TOP = 10;
const BOTTOM = 26;
const LEFT = 46;
/** Room for the labels: around them, and a letter of theirs. */
const LABEL_SPACE = 22;
const LETTER = 8;
const LABEL_GAP = 16;
/** One a variant: eight lines stay apart without colour. */
export const DASHES = ["5 4", null, "1 4", "9 3 1 3", "12 4", "2 2", "12 3 2 3 2 3", "6 2 2 2"];
const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25];
const TICKS_MAX = 5;
const TABLE_ROWS = 12;
const HOURS_12_MS = 43_200_000;

/**
 * @typedef {import("./history.js").Point} Point
 * @typedef {{ title: string, metric: string, names: string[], points: Point[] }} Chart
 */

/** The figure of one metric; call it again with the same element to bring it up to date. */
export function drawLines(figure, chart) {
  figure.chart = chart;
  if (figure.firstElementChild === null) {
    figure.append(h("figcaption", {}, chart.title), h("div", { class: "canvas" }));
    new ResizeObserver(() => draw(figure)).observe(figure);
  }
  draw(figure);
}

function draw(figure) {
  const { chart } = figure;
  const canvas = figure.querySelector(".canvas");
  const width = canvas.clientWidth;
  if (width === 0) return;
  const values = chart.points.flatMap((point) => point.values[chart.metric] ?? []).filter(isKnown);
  const scale = values.length === 0 ? null : scaleOf(chart, values, width);
  canvas.replaceChildren(scale === null
    ? h("p", { class: "quiet" }, "A line begins with the first learner who is measured.")
    : s("svg", { width, height: HEIGHT, role: "img", "aria-label": summary(chart) },
      grid(scale), timeAxis(scale, chart.points), chart.names.map((name, side) =>
        line(chart, side, scale)), labels(chart, scale)));
}

function scaleOf({ points, names }, values, width) {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const padding = Math.max(0.02, (highest - lowest) * 0.15);
  const span = highest - lowest + 2 * padding;
  const step = TICKS.find((tick) => span / tick <= TICKS_MAX - 1) ?? TICKS.at(-1);
  const low = Math.max(0, Math.floor((lowest - padding) / step) * step);
  const high = Math.max(low + step, Math.min(1, Math.ceil((highest + padding) / step) * step));
  const longest = Math.max(...names.map((name) => labelOf(0.5, name).length));
  const right = width - LABEL_SPACE - LETTER * longest;
  const from = points[0].at;
  const length = Math.max(1, points.at(-1).at - from);
  return {
    low, high, step, right,
    x: (at) => LEFT + ((at - from) / length) * (right - LEFT),
    y: (value) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

function grid(scale) {
  const ticks = Math.round((scale.high - scale.low) / scale.step);
  return Array.from({ length: ticks + 1 }, (_, position) => {
    const value = scale.low + position * scale.step;
    const y = scale.y(value);
    return s("g", {},
      s("line", { class: "grid", x1: LEFT, x2: scale.right, y1: y, y2: y }),
      s("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, percent(value)));
  });
}

function timeAxis(scale, points) {
  const [from, to] = [points[0].at, points.at(-1).at];
  const show = to - from > HOURS_12_MS ? day : time;
  const end = s("text", { x: scale.right, y: HEIGHT - 6, "text-anchor": "end" }, show(to));
  // On a narrow screen two labels would run into each other; the end says more.
  const needed = LETTER * (show(from).length + show(to).length + 2);
  if (scale.right - LEFT < needed) return [end];
  return [s("text", { x: LEFT, y: HEIGHT - 6 }, show(from)), end];
}

function line(chart, side, scale) {
  let path = "";
  for (const point of chart.points) {
    const value = point.values[chart.metric]?.[side];
    if (!isKnown(value)) continue;
    path += `${path === "" ? "M" : "L"}${scale.x(point.at).toFixed(1)} ${scale.y(value).toFixed(1)}`;
  }
  return s("path", { class: "line", "data-side": side % 8, d: path,
    "stroke-dasharray": DASHES[side % 8] });
}

function labels(chart, scale) {
  const ends = chart.names.map((name, side) => {
    const known = chart.points.filter((point) => isKnown(point.values[chart.metric]?.[side]));
    const last = known.at(-1);
    const value = last?.values[chart.metric][side];
    return last && { name, side, value, x: scale.x(last.at), y: scale.y(value) };
  }).filter(Boolean).sort((left, right) => left.y - right.y);
  for (let place = 1; place < ends.length; place += 1) {
    ends[place].y = Math.max(ends[place].y, ends[place - 1].y + LABEL_GAP);
  }
  const beyond = Math.max(0, (ends.at(-1)?.y ?? 0) - (HEIGHT - BOTTOM));
  return ends.map(({ name, side, value, x, y }) => s("g", { "data-side": side % 8 },
    s("circle", { class: "end", cx: x, cy: scale.y(value), r: 3.5 }),
    s("text", { class: "label", x: x + 10, y: y + 4 - beyond }, labelOf(value, name))));
}

const labelOf = (value, name) => `${percent(value)} ${short(name)}`;
const short = (name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name);

function summary(chart) {
  const last = chart.points.at(-1);
  const sides = chart.names.map((name, side) =>
    `${name} ${percent(last?.values[chart.metric]?.[side], 1)}`);
  return `${chart.title} now: ${sides.join(", ")}. The numbers are in the table below.`;
}

/** The same numbers as a table, a dozen moments of them. */
export function linesTable(names, points, metrics) {
  const every = Math.max(1, Math.ceil(points.length / TABLE_ROWS));
  const rows = points.filter((_, place) => (points.length - 1 - place) % every === 0);
  const heads = metrics.flatMap(({ title }) => names.map((name) => `#${title}, ${name}`));
  return table("The lines above as numbers", ["Time", ...heads], rows.map((point) => [
    day(point.at), ...metrics.flatMap(({ metric }) =>
      names.map((_, side) => percent(point.values[metric]?.[side], 1))),
  ]));
}
