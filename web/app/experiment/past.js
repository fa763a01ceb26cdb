// An experiment over time, as the server kept it: the difference with its band, and each variant.

import { h, s, table } from "../dom.js";
import { count, day, isKnown, percent, signed, decimal } from "../format.js";
import { DASHES } from "../lines.js";
import { metricWords } from "../words.js";

const HEIGHT = 220;
const TOP = 12;
const BOTTOM = 26;
const LEFT = 52;
const RIGHT = 14;
const TICKS_MAX = 6;
const LETTER = 7.5;
const TABLE_ROWS = 12;

const isShare = (metric) => !["reward", "minutes"].includes(metric);
const shown = (metric, value, digits = 1) => (isShare(metric) ? percent(value, digits) : decimal(value, metric === "minutes" ? 1 : 3));
const difference = (metric, value) => (isShare(metric) ? `${signed(value * 100, 1)} points`
  : signed(value, metric === "minutes" ? 1 : 3));

/** @param {HTMLElement} figure @param {HTMLElement} means @param {import("../api.js").Past} past */
export function drawPast(figure, means, past, results) {
  const sides = new Map(results.variants.map(({ name, side }) => [name, side]));
  const bands = results.variants.slice(1).map(({ name }) => ({ name, side: sides.get(name),
    points: past.points.map(({ at, effects }) => ({ at, ...effects.find((effect) => effect.name === name) })) }));
  const lines = results.variants.map(({ name }) => ({ name, side: sides.get(name),
    points: past.points.map(({ at, sides: all }) => {
      const side = all.find((one) => one.name === name);
      return { at, estimate: side?.mean ?? null, n: side?.n ?? 0 };
    }) }));
  keep(figure, { series: bands, metric: past.metric, planned: plannedAt(past, results), isDifference: true });
  keep(means, { series: lines, metric: past.metric, planned: null, isDifference: false });
}

/** The first kept moment at which as many learners as planned had been seen. */
function plannedAt({ points }, { planned }) {
  const learners = ({ sides }) => sides.reduce((sum, side) => sum + side.learners, 0);
  return points.find((point) => learners(point) >= planned)?.at ?? null;
}

function keep(figure, chart) {
  figure.chart = chart;
  if (figure.firstElementChild === null) {
    figure.append(h("div", { class: "canvas" }), h("p", { class: "read-out quiet", "aria-live": "off" }));
    new ResizeObserver(() => draw(figure)).observe(figure);
  }
  draw(figure);
}

function draw(figure) {
  const canvas = figure.querySelector(".canvas");
  const width = canvas.clientWidth;
  const { chart } = figure;
  const points = chart.series.flatMap((one) => one.points).filter(({ estimate }) => isKnown(estimate));
  if (width === 0) return;
  const key = JSON.stringify([width, chart]);
  if (figure.dataset.shown === key) return;
  // It holds still while somebody reads it, by pointer or by keys.
  const place = `${chart.metric} ${width}`;
  if (figure.dataset.place === place && canvas.querySelector("svg")?.matches(":hover, :focus")) return;
  figure.dataset.place = place;
  figure.dataset.shown = key;
  if (points.length === 0) {
    canvas.replaceChildren(h("p", { class: "quiet" }, "Nothing is measured yet."));
    return;
  }
  const scale = scaleOf(chart, points, width);
  const picture = s("svg", { width, height: HEIGHT, role: "img", tabindex: 0, "aria-label": summary(chart) },
    grid(scale, chart), timeAxis(scale), plannedLine(scale, chart),
    chart.series.map((one) => band(one, scale)), chart.series.map((one) => line(one, scale)),
    s("line", { class: "cursor", x1: -9, x2: -9, y1: TOP, y2: HEIGHT - BOTTOM }));
  canvas.replaceChildren(picture);
  readOut(figure, picture, scale);
}

function scaleOf({ isDifference, series, metric }, points, width) {
  const values = points.flatMap(({ low, high, estimate }) => (isKnown(low) ? [low, high] : [estimate]));
  // Wide intervals of the first learners would flatten the rest.
  const cap = isDifference && isShare(metric) ? 0.5 : Infinity;
  const inside = values.filter((value) => Math.abs(value) <= cap);
  let low = Math.min(...(inside.length > 0 ? inside : values), isDifference ? 0 : Infinity);
  let high = Math.max(...(inside.length > 0 ? inside : values), isDifference ? 0 : -Infinity);
  const pad = Math.max((high - low) * 0.08, isShare(metric) ? 0.01 : 0.005);
  const step = niceStep((high - low + 2 * pad) / TICKS_MAX);
  low = Math.floor((low - pad) / step) * step;
  high = Math.ceil((high + pad) / step) * step;
  if (!isDifference && isShare(metric)) [low, high] = [Math.max(0, low), Math.min(1, high)];
  const ats = series[0].points.map(({ at }) => at);
  const [from, to] = [ats[0], Math.max(ats.at(-1), ats[0] + 1)];
  return { low, high, step, from, to, ats, right: width - RIGHT,
    x: (at) => LEFT + ((at - from) / (to - from)) * (width - RIGHT - LEFT),
    y: (value) => TOP + (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM) };
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= least);
}

function grid(scale, { metric, isDifference }) {
  const lines = Math.round((scale.high - scale.low) / scale.step);
  const label = (value) => (isShare(metric)
    ? isDifference ? signed(value * 100, scale.step < 0.01 ? 1 : 0) : percent(value)
    : decimal(value, metric === "minutes" ? 0 : 3));
  return Array.from({ length: lines + 1 }, (_, place) => {
    const value = scale.low + place * scale.step;
    const y = scale.y(value);
    const isZero = isDifference && Math.abs(value) < scale.step / 1000;
    return s("g", {}, s("line", { class: isZero ? "zero" : "grid", x1: LEFT, x2: scale.right, y1: y, y2: y }),
      s("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, label(value)));
  });
}

function timeAxis(scale) {
  const end = s("text", { x: scale.right, y: HEIGHT - 6, "text-anchor": "end" }, day(scale.to));
  if (scale.right - LEFT < LETTER * 26) return [end];
  return [s("text", { x: LEFT, y: HEIGHT - 6 }, day(scale.from)), end];
}

function plannedLine(scale, { planned }) {
  if (planned === null) return null;
  const x = scale.x(planned);
  const onLeft = x > (LEFT + scale.right) / 2;
  return s("g", {}, s("line", { class: "planned", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
    s("text", { x: x + (onLeft ? -6 : 6), y: TOP + 10, "text-anchor": onLeft ? "end" : "start" }, "as many as planned"));
}

function band({ points, side }, scale) {
  const known = points.filter(({ low }) => isKnown(low));
  if (known.length < 2) {
    return known.map(({ at, low, high }) => s("line", { class: "edge", "data-side": side % 8, x1: scale.x(at), x2: scale.x(at),
      y1: scale.y(low), y2: scale.y(high) }));
  }
  const at = (point, value) => `${scale.x(point.at).toFixed(1)} ${scale.y(value).toFixed(1)}`;
  const upper = known.map((point) => at(point, point.high));
  const lower = known.map((point) => at(point, point.low)).reverse();
  return s("g", { "data-side": side % 8 },
    s("path", { class: "band", d: `M${[...upper, ...lower].join("L")}Z` }),
    s("path", { class: "edge", d: `M${upper.join("L")}` }),
    s("path", { class: "edge", d: `M${lower.join("L")}` }));
}

function line({ points, side }, scale) {
  const known = points.filter(({ estimate }) => isKnown(estimate));
  const path = known.map(({ at, estimate }) => `${scale.x(at).toFixed(1)} ${scale.y(estimate).toFixed(1)}`);
  const last = known.at(-1);
  return s("g", { "data-side": side % 8 },
    path.length > 1 && s("path", { class: "line", d: `M${path.join("L")}`, "stroke-dasharray": DASHES[side % 8] }),
    last && s("circle", { class: "end", cx: scale.x(last.at), cy: scale.y(last.estimate), r: 3.5 }));
}

/** What the chart says at a moment: under the pointer, or moved by the arrow keys. */
function readOut(figure, picture, scale) {
  const { chart } = figure;
  let place = scale.ats.length - 1;
  const out = figure.querySelector(".read-out");
  const cursor = picture.querySelector(".cursor");
  const say = (marked) => {
    const at = scale.ats[place];
    const x = marked ? scale.x(at) : -9;
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    const words = chart.series.map(({ name, points, side }) =>
      h("span", { class: "side", "data-side": side % 8 }, h("bdi", {}, name), ": ", momentWords(chart, points[place]), " "));
    out.replaceChildren(`${day(at)}. `, ...words);
  };
  const nearest = (x) => scale.ats.reduce((best, at, index) =>
    (Math.abs(scale.x(at) - x) < Math.abs(scale.x(scale.ats[best]) - x) ? index : best), 0);
  picture.addEventListener("pointermove", (event) => {
    place = nearest(event.clientX - picture.getBoundingClientRect().left);
    say(true);
  });
  picture.addEventListener("pointerleave", () => {
    place = scale.ats.length - 1;
    say(false);
  });
  picture.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    place = Math.max(0, Math.min(scale.ats.length - 1, place + steps));
    say(true);
  });
  say(false);
}

function momentWords({ metric, isDifference }, { estimate, low, high, n }) {
  if (!isKnown(estimate)) return "nothing measured";
  if (!isDifference) return `${shown(metric, estimate)} of ${count(n)}`;
  return isKnown(low) ? `${difference(metric, estimate)} (${difference(metric, low)} to ${difference(metric, high)})`
    : `${difference(metric, estimate)}, too few for an interval`;
}

function summary({ metric, series, isDifference }) {
  const sides = series.map(({ name, points }) => `${name} ${momentWords({ metric, isDifference }, points.at(-1))}`);
  return `${metricWords(metric)} over time. At the end: ${sides.join("; ")}. Arrow keys move through it; the numbers are in the table below.`;
}

const headsOf = ({ points }) => {
  const sides = points.at(-1).sides.map(({ name }) => name);
  return { sides, treatments: points.at(-1).effects.map(({ name }) => name) };
};

export function pastTable(past) {
  const { sides, treatments } = headsOf(past);
  const heads = ["Time", ...sides.flatMap((name) => [`#${name}, learners`, `#${name}, mean`]),
    ...treatments.map((name) => `#${name} less control`)];
  const every = Math.max(1, Math.ceil(past.points.length / TABLE_ROWS));
  const rows = past.points.filter((_, place) => (past.points.length - 1 - place) % every === 0);
  return table(`${metricWords(past.metric)}, as the server kept it: ${rows.length} of ${past.points.length} moments; the file has all`,
    heads, rows.map((point) => [day(point.at),
    ...point.sides.flatMap(({ n, mean }) => [count(n), shown(past.metric, mean)]),
    ...point.effects.map((effect) => momentWords({ metric: past.metric, isDifference: true }, effect))]));
}

/** The same with full digits. */
export function csvOf(past) {
  const { sides, treatments } = headsOf(past);
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const heads = ["at", ...sides.flatMap((name) => [`${name} learners`, `${name} measured`, `${name} mean`]),
    ...treatments.flatMap((name) => [`${name} difference`, `${name} low`, `${name} high`])];
  const rows = past.points.map((point) => [new Date(point.at).toISOString(),
    ...point.sides.flatMap(({ learners, n, mean }) => [learners, n, mean ?? ""]),
    ...point.effects.flatMap(({ estimate, low, high }) => [estimate ?? "", low ?? "", high ?? ""])]);
  return [heads.map(quoted), ...rows].map((row) => row.join(",")).join("\r\n");
}
