"use strict";
// The page's own script. It reads two blocks of JSON: "content" (boxes, steps, formulas) and "positions"
// (where Graphviz put everything, once for each depth of folding). All text from there is shown through
// textContent, and elements are made one by one: nothing in a name can become markup.

const content = JSON.parse(document.getElementById("content").textContent);
const ways = JSON.parse(document.getElementById("positions").textContent);
let positions = ways[0]; // see ``takeWay``

// -- small helpers ----------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** An element with attributes and children; a string among the children becomes text. */
function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function shortened(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

const MINUS = "−";

/** A number as people write it, with all the digits that are worth reading. */
function digits(x, dtype = "float64") {
  if (typeof x === "string") return x === "NaN" ? "nan" : x === "Infinity" ? "inf" : MINUS + "inf";
  if (x === null || x === undefined) return "";
  if (Number.isInteger(x) && Math.abs(x) < 1e15) return String(x).replace("-", MINUS);
  const size = Math.abs(x);
  let text;
  if (size >= 1e-4 && size < 1e6) {
    const whole = Math.max(0, Math.floor(Math.log10(size)));
    text = dtype === "float64" ? x.toFixed(9 - whole) : x.toPrecision(dtype === "float16" ? 4 : 7);
    // zeros at the end go where the shorter text says all of it: 0.5, but 0.751365070
    const short = text.includes("e") ? text : text.replace(/\.?0+$/, "");
    if (Math.abs(Number(short) - x) <= size * (dtype === "float64" ? 1e-14 : 1e-7)) text = short;
  } else {
    text = x.toExponential(dtype === "float64" ? 8 : 6).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return text.replace(/-/g, MINUS);
}

/** The same in a few digits, for the boxes of the picture. */
function brief(x, count = 6) {
  if (typeof x === "string") return digits(x);
  const short = Number(x.toPrecision(count));
  const size = Math.abs(short);
  const text = size === 0 || (size >= 1e-4 && size < 1e7) ? String(short) : short.toExponential().replace("e+", "e");
  return text.replace(/-/g, MINUS);
}

function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1000).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}

const shapeText = (shape) => (shape.length ? shape.join("×") : "scalar");

/** A formula: its tree of MathML elements, with the source for who cannot see them. */
function formula(pair) {
  if (!pair) return el("span", { class: "faint" }, "not given");
  const build = (tree) => {
    const [name, ...rest] = tree;
    if (name === "mspace") {
      const space = document.createElementNS(MATHML, "mspace");
      space.setAttribute("width", rest[0]);
      return space;
    }
    const element = document.createElementNS(MATHML, name);
    for (const child of rest) element.append(typeof child === "string" ? child : build(child));
    return element;
  };
  const math = document.createElementNS(MATHML, "math");
  math.setAttribute("display", "inline");
  math.setAttribute("displaystyle", "true");
  math.setAttribute("alttext", pair[1]);
  math.append(build(pair[0]));
  return math;
}

// -- the graph --------------------------------------------------------------------------------

const boxes = new Map(content.boxes.map((box) => [box.key, box]));
const modules = new Map(content.modules.map((module) => [module.key, module]));
for (const box of boxes.values()) {
  box.users = [];
  box.value = unpacked(box.value);
  box.gradient = unpacked(box.gradient);
}
for (const step of content.steps) {
  for (const one of step.to) for (const name of ["array", "total", "local"]) one[name] = unpacked(one[name]);
}

/** An array as the page knows it; a scalar of float64 comes as the number itself. */
function unpacked(array) {
  if (array === undefined) return null;
  return typeof array === "object" ? array : { shape: [], dtype: "float64", values: [array] };
}

for (const box of boxes.values()) {
  for (const [tail] of box.inputs) boxes.get(tail).users.push(box.key);
}

const isOperation = (box) => box.role === "operation" || box.role === "output";

const label = (box) => box.label;

/** "net = w × x + b" of what has a name, else the label, which says how it came about. */
const equation = (box) => (box.name && box.made ? `${box.label} = ${box.made}` : box.label);

/** The modules around a box, outermost first. */
function modulesAround(box) {
  const around = [];
  for (let key = box.module; key; key = modules.get(key).parent) around.unshift(modules.get(key));
  return around;
}

/** Everything that the boxes came from, or that came from them. */
function reach(key, neighbours) {
  const seen = new Set([key]);
  for (const at of seen) for (const next of neighbours(boxes.get(at))) seen.add(next);
  seen.delete(key);
  return seen;
}
const ancestors = (key) => reach(key, (box) => box.inputs.map(([tail]) => tail));
const descendants = (key) => reach(key, (box) => box.users);

// -- steps ------------------------------------------------------------------------------------
// timeline[0] is the whole picture; then the operations forward; then the walk backward.

const timeline = [{ kind: "whole" }];
for (const box of content.boxes) if (isOperation(box)) timeline.push({ kind: "forward", box: box.key });
const computedAt = new Map(timeline.map((step, index) => [step.box, index]));
const firstBackward = timeline.length;
for (const step of content.steps) timeline.push({ kind: "backward", ...step });
let at = 0;

const seeds = content.steps.filter((step) => step.seed).map((step) => boxes.get(step.box));
const seedName = seeds.length === 1 && seeds[0].name ? shortened(seeds[0].name, 24) : "L";
const derivative = (box) => `∂${seedName}/∂${/^[\w.[\]]+$/.test(label(box)) ? label(box) : `(${label(box)})`}`;

// For each box, the contributions to its gradient in the order of the walk.
const contributions = new Map();
timeline.forEach((step, index) => {
  if (step.kind !== "backward") return;
  step.to.forEach((one, place) => {
    one.step = index;
    one.id = `${index}:${place}`;
    one.box = boxes.get(one.to);
    if (!contributions.has(one.to)) contributions.set(one.to, []);
    one.number = contributions.get(one.to).length;
    contributions.get(one.to).push(one);
  });
});
for (const [key, list] of contributions) {
  const box = boxes.get(key);
  let total = null;
  for (const one of list) {
    one.of = list.length;
    if (list.length === 1) one.array = box.gradient; // the page has it once
    const single = one.array && one.array.values && one.array.values.length === 1;
    one.before = total;
    if (single) total = { ...one.array, values: [total ? add(total.values[0], one.array.values[0]) : one.array.values[0]] };
    else total = one.total || one.array;
    if (one.number === list.length - 1) total = box.gradient;
    one.after = total;
  }
}

function add(a, b) {
  return typeof a === "string" || typeof b === "string" ? String(Number(a) + Number(b)) : a + b;
}

const isSeed = (key) => seeds.some((box) => box.key === key);

/** {array, whole} of a box's gradient as far as the walk has come, or null; "secret" while practice hides it. */
function gradientNow(box) {
  if (!box.gradient || !content.steps.length) return null;
  if (at > 0 && at < firstBackward) return null;
  const list = (contributions.get(box.key) || []).filter((one) => at === 0 || one.step <= at);
  const hidden = practising && list.some((one) => !revealed.has(one.id));
  if (isSeed(box.key) && !list.length) return { array: box.gradient, whole: true };
  if (!list.length) return null;
  if (hidden) return { secret: true };
  const last = list[list.length - 1];
  return { array: last.after, whole: last.number === last.of - 1 };
}

/** Whether the value of a box is there at this step. */
function valueNow(box) {
  if (at === 0 || at >= firstBackward || !isOperation(box)) return true;
  return computedAt.get(box.key) <= at;
}

function stepTitle(index) {
  const step = timeline[index];
  if (step.kind === "whole") return "The whole picture";
  const box = boxes.get(step.box);
  return step.kind === "forward" ? `Forward: ${equation(box)}` : `Backward through ${equation(box)}`;
}

/** The step in one sentence, for the list and for a screen reader. */
function stepSentence(index) {
  const step = timeline[index];
  if (step.kind === "whole") return "The whole picture: every value and every gradient.";
  const box = boxes.get(step.box);
  if (step.kind === "forward") return `${stepTitle(index)}: ${inWords(box.value)}`;
  const parts = step.to.map((one) => {
    const sign = one.number ? "+=" : "=";
    return `${derivative(one.box)} ${sign} ${isSecret(one) ? "?" : inWords(one.array)}`;
  });
  return `${stepTitle(index)}: ${parts.join("; ") || "no input needs a gradient"}`;
}

function inWords(array) {
  if (!array) return "not kept";
  if (array.values && array.values.length === 1) return digits(array.values[0], array.dtype);
  if (array.values && array.values.length === 0) return `empty, shape ${shapeText(array.shape)}`;
  if (array.values && array.values.length <= 4) return `[${array.values.map((x) => brief(x)).join(", ")}]`;
  const range = rangeOf(array);
  return `shape ${shapeText(array.shape)}${range ? `, ${brief(range[0], 3)} … ${brief(range[1], 3)}` : ""}`;
}

function rangeOf(array) {
  if (array.values) {
    const finite = array.values.filter((x) => typeof x === "number");
    return finite.length ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))] : null;
  }
  return array.low === undefined ? null : [array.low, array.high];
}

// -- arrays: tables, heat maps, histograms ----------------------------------------------------

/** Colour of a number in low … high: blue – white – vermilion around 0, or white to blue if all have one sign. */
function colour(x, low, high) {
  if (typeof x !== "number" || !Number.isFinite(x)) return [255, 0, 200];
  const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
  if (low < 0) {
    const most = Math.max(-low, high, 1e-300);
    return x < 0 ? mix([255, 255, 255], [40, 110, 190], -x / most) : mix([255, 255, 255], [225, 110, 30], Math.max(0, x) / most);
  }
  return mix([255, 255, 255], [30, 80, 140], high > low ? (x - low) / (high - low) : high ? 0.5 : 0);
}
const isDark = ([r, g, b]) => 0.3 * r + 0.6 * g + 0.1 * b < 120;
const css = (rgb) => `rgb(${rgb.join(" ")})`;

/** The planes of an array as {rows, columns, planes, value(plane, row, column), low, high, of, step}. */
function planesOf(array) {
  if (array.values && array.values.length) {
    const shape = array.shape.length > 1 ? array.shape : [1, ...array.shape];
    const [rows, columns] = shape.length > 1 ? shape.slice(-2) : [1, 1];
    const range = rangeOf(array) || [0, 0];
    const planes = array.values.length / (rows * columns);
    const value = (p, r, c) => array.values[(p * rows + r) * columns + c];
    return { rows, columns, planes, value, low: range[0], high: range[1], of: planes, step: 1 };
  }
  if (!array.map) return null;
  const map = array.map;
  if (!map.codes) map.codes = Uint8Array.from(atob(map.bytes), (c) => c.charCodeAt(0));
  const value = (p, r, c) => {
    const code = map.codes[(p * map.rows + r) * map.columns + c];
    return code === 255 ? NaN : map.low + (code / 254) * (map.high - map.low);
  };
  return { ...map, value };
}

/** A canvas with the planes side by side. */
function heatCanvas(planes, most = planes.planes) {
  const count = Math.min(planes.planes, most);
  const gap = count > 1 ? 1 : 0;
  const { rows, columns } = planes;
  const across = Math.min(count, Math.max(1, count <= 4 ? Math.ceil(Math.sqrt(count)) : Math.round(Math.sqrt((count * rows) / columns) * 1.3)));
  const down = Math.ceil(count / across);
  const canvas = el("canvas", { width: across * (columns + gap) - gap, height: down * (rows + gap) - gap });
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let p = 0; p < count; p++) {
    const top = Math.floor(p / across) * (rows + gap), left = (p % across) * (columns + gap);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        image.data.set([...colour(planes.value(p, r, c), planes.low, planes.high), 255], ((top + r) * canvas.width + left + c) * 4);
      }
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Everything there is to show of an array. */
function view(array, ofGradient = false) {
  if (!array) return el("span", { class: "faint" }, "not kept");
  const kind = ofGradient ? " g" : "";
  if (array.values) {
    if (!array.values.length) return el("span", { class: "faint" }, `empty, shape ${shapeText(array.shape)}`);
    if (array.values.length === 1) return el("span", { class: "number" + kind }, digits(array.values[0], array.dtype));
    return tables(array);
  }
  if (array.low === undefined && !array.odd) return el("span", { class: "faint" }, `${array.dtype} ${shapeText(array.shape)}`);
  const figure = el("figure");
  const planes = planesOf(array);
  if (planes) {
    const canvas = heatCanvas(planes);
    const scale = Math.max(1, Math.min(12, Math.floor(380 / canvas.width), Math.floor(260 / canvas.height)));
    canvas.style.width = `${canvas.width * scale}px`;
    canvas.className = "heat";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `heat map, ${inWords(array)}`);
    figure.append(canvas, scaleBar(planes.low, planes.high));
    const parts = [];
    if (planes.planes < planes.of) parts.push(planes.planes === 1 ? `the first of ${planes.of} planes` : `the first ${planes.planes} of ${planes.of} planes`);
    if (planes.step > 1) parts.push(`averaged in squares of ${planes.step}`);
    if (parts.length) figure.append(el("figcaption", {}, parts.join(", ")));
  }
  if (array.counts && array.counts.length > 1) figure.append(histogram(array.counts, kind));
  const odd = array.odd ? `, ${array.odd[0]} nan, ${array.odd[1]} inf, ${array.odd[2]} ${MINUS}inf` : "";
  if (array.low !== undefined) {
    figure.append(el("figcaption", {}, `${brief(array.low)} … ${brief(array.high)}, mean ${brief(array.mean)}${odd}`));
  } else figure.append(el("figcaption", {}, odd.slice(2)));
  return figure;
}

function scaleBar(low, high) {
  const bar = el("span", { class: "scale" });
  const stops = [0, 0.25, 0.5, 0.75, 1].map((t) => css(colour(low + t * (high - low), low, high)));
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return el("figcaption", { "aria-hidden": "true" }, brief(low, 3), bar, brief(high, 3));
}

function histogram(counts, kind) {
  const most = Math.max(...counts);
  const bars = counts.map((n, i) => svg("rect", { x: i * 10 + 1, y: 50 - (48 * n) / most, width: 8, height: (48 * n) / most }));
  return svg(
    "svg",
    { class: "histogram" + kind, viewBox: `0 0 ${counts.length * 10} 52`, preserveAspectRatio: "none", role: "img", "aria-label": "histogram" },
    bars, svg("line", { x1: 0, x2: counts.length * 10, y1: 50.5, y2: 50.5 }),
  );
}

/** A small array as tables, one for each plane of the last two axes. */
function tables(array) {
  const planes = planesOf(array);
  const all = el("div", { class: "tables" });
  const leading = array.shape.slice(0, -2);
  for (let p = 0; p < planes.planes; p++) {
    const table = el("table", { class: "array" });
    if (planes.planes > 1) {
      const index = [];
      for (let i = leading.length - 1, rest = p; i >= 0; rest = Math.floor(rest / leading[i]), i--) index.unshift(rest % leading[i]);
      table.append(el("caption", {}, `[${index.join(", ")}]`));
    }
    for (let r = 0; r < planes.rows; r++) {
      const row = el("tr");
      for (let c = 0; c < planes.columns; c++) {
        // a long vector goes on in a second line
        if (planes.rows === 1 && c && c % 5 === 0) table.append(row.cloneNode(true)), row.replaceChildren();
        const x = planes.value(p, r, c);
        const cell = el("td", { title: digits(x, array.dtype) }, digits(typeof x === "number" ? Number(x.toPrecision(6)) : x));
        cell.style.background = css(colour(x, planes.low, planes.high).map((v) => Math.round(v + (255 - v) * 0.45)));
        row.append(cell);
      }
      table.append(row);
    }
    all.append(table);
  }
  return all;
}

// -- the picture ------------------------------------------------------------------------------

const canvas = byId("graph");
const root = svg("g");
canvas.append(root);
const folded = new Set();
let layout = null; // the layout that is drawn
let drawn = new Map(); // key of a box or a module -> its element and place
let arrows = [];
let selected = null;
let view2 = { x: 0, y: 0, k: 1 };

/** Fold every module that lies deeper than so many levels. */
function foldTo(depth) {
  folded.clear();
  for (const module of modules.values()) if (module.depth > depth) folded.add(module.key);
}

/** A layout has its modules open down to its depth. The most folded one is taken that has all open that are open. */
function chooseLayout() {
  let depth = 0;
  for (const module of modules.values()) {
    if (visibleModule(module) && !folded.has(module.key)) depth = Math.max(depth, module.depth);
  }
  return positions.find((one) => one.depth >= depth) || positions[positions.length - 1];
}

/** Whether no module around it is folded. */
function visibleModule(module) {
  for (let key = module.parent; key; key = modules.get(key).parent) if (folded.has(key)) return false;
  return true;
}

/** The key of what is to be seen of a box: itself, or the outermost folded module around it. */
function seenAs(box) {
  for (const module of modulesAround(box)) {
    if (folded.has(module.key) || module.depth > layout.depth) return module.key;
  }
  return box.key;
}

/** The same for an end of an arrow, which is a box or a module. */
function seenEnd(key) {
  if (boxes.has(key)) return seenAs(boxes.get(key));
  const around = [];
  for (let one = key; one; one = modules.get(one).parent) around.unshift(modules.get(one));
  return (around.find((module) => folded.has(module.key)) || modules.get(key)).key;
}

function draw() {
  layout = chooseLayout();
  for (const module of modules.values()) if (module.depth > layout.depth) folded.add(module.key);
  root.replaceChildren();
  drawn = new Map();
  arrows = [];
  const frames = svg("g"), lines = svg("g"), things = svg("g"), chips = svg("g", { id: "chips" });
  root.append(frames, lines, things, chips);
  const covers = [];
  for (const [key, place] of Object.entries(layout.modules)) {
    const module = modules.get(key);
    if (!visibleModule(module)) continue;
    if (folded.has(key)) covers.push([module, place]);
    else frames.append(frameOf(module, place));
  }
  for (const [tail, head, path] of layout.arrows) {
    const from = seenEnd(tail), to = seenEnd(head);
    if (from === to) continue;
    const tip = to === head; // an arrow into a cover ends under it
    const element = svg("g", { class: "arrow" }, svg("path", { d: pathOf(path, tip) }),
      tip && svg("polygon", { points: tipOf(path), class: "head" }),
      svg("polygon", { points: tipOf(backwards(path)), class: "tail" }));
    lines.append(element);
    arrows.push({ from, to, element });
  }
  for (const [key, [x, y]] of Object.entries(layout.boxes)) {
    if (boxes.has(key)) {
      if (seenAs(boxes.get(key)) === key) things.append(drawBox(boxes.get(key), x, y));
    } else if (visibleModule(modules.get(key))) {
      const [w, h] = modules.get(key).size;
      things.append(drawModule(modules.get(key), x - w / 2, y - h / 2, w, h));
    }
  }
  for (const [module, [x, y, w, h]] of covers) things.append(drawModule(module, x, y, w, h));
  byId("depth").value = depthShown();
  update();
}

/** The depth to which everything is unfolded, or "" where it differs. */
function depthShown() {
  for (let depth = 0; depth < positions.length; depth++) {
    if ([...modules.values()].every((module) => folded.has(module.key) === module.depth > depth)) return String(depth);
  }
  return "";
}

function pathOf(points, tip) {
  let d = `M${points[0]} ${points[1]}`;
  const end = points.length - 2;
  for (let i = 2; i + 5 < points.length; i += 6) d += `C${points.slice(i, i + 6).join(" ")}`;
  return tip ? d : `${d}L${points[end]} ${points[end + 1]}`;
}

/** The beginning of a spline as an end: where the arrow of a gradient points to. */
const backwards = ([x0, y0, x1, y1]) => [x1, y1, x0, y0];

function tipOf(points) {
  const [bx, by, x, y] = points.slice(-4);
  const length = Math.hypot(x - bx, y - by) || 1;
  const [ux, uy] = [((x - bx) / length) * 8, ((y - by) / length) * 8];
  return `${x},${y} ${x - ux - uy * 0.4},${y - uy + ux * 0.4} ${x - ux + uy * 0.4},${y - uy - ux * 0.4}`;
}

function frameOf(module, [x, y, w, h]) {
  const text = svg(
    "text",
    { x: x + 10, y: y + 16, role: "button", tabindex: -1, "aria-label": `Fold ${module.path}`, onclick: () => fold(module.key) },
    `▾ ${shortened(module.name, 40)}`, svg("title", {}, `Fold ${module.path}`),
  );
  return svg("g", { class: "frame", "data-key": module.key }, svg("rect", { x, y, width: w, height: h, rx: 10 }), text);
}

function fold(key) {
  folded.has(key) ? folded.delete(key) : folded.add(key);
  const module = modules.get(key);
  // what lies inside opens folded
  if (!folded.has(key)) for (const inner of modules.values()) if (inner.parent === key) folded.add(inner.key);
  const before = drawn.get(key);
  const anchor = before && [before.x, before.y];
  const previous = layout;
  draw();
  if (layout !== previous) {
    const now = drawn.get(key) || placeOfModule(key);
    if (anchor && now) view2.x += (anchor[0] - now.x) * view2.k, (view2.y += (anchor[1] - now.y) * view2.k);
    place();
    show(key);
  }
  say(`${module.path} ${folded.has(key) ? "folded" : "unfolded"}`);
}

function placeOfModule(key) {
  const place = layout.modules[key];
  return place ? { x: place[0], y: place[1], w: place[2], h: place[3] } : null;
}

const OUTLINES = {
  leaf: (w, h) => `M0 0H${w}V${h}H0Z`,
  parameter: (w, h) => `M0 0H${w * 0.3}V4H${w}V${h}H0Z`,
  constant: (w, h) => `M0 0H${w - 9}L${w} 9V${h}H0Z`,
  operation: (w, h) => roundedOutline(w, h, 10),
  output: (w, h) => roundedOutline(w, h, 10),
  detached: (w, h) => `M0 0H${w - 9}L${w} 9V${h}H0Z`,
  gone: (w, h) => roundedOutline(w, h, 4),
};

function roundedOutline(w, h, r) {
  return `M${r} 0H${w - r}Q${w} 0 ${w} ${r}V${h - r}Q${w} ${h} ${w - r} ${h}H${r}Q0 ${h} 0 ${h - r}V${r}Q0 0 ${r} 0Z`;
}

function drawBox(box, x, y) {
  const [w, h] = box.size;
  const title = svg("text", { x: 9, y: 16 });
  const [name, made] = box.title;
  if (name) title.append(svg("tspan", { class: "name" }, name));
  else if (!made) title.append(svg("tspan", { class: "made" }, box.role === "gone" ? "…" : box.role));
  if (made) title.append(svg("tspan", { class: name ? "made" : "name" }, (name ? "\u00a0 " : "") + made));
  const thumb = svg("g"), gradThumb = svg("g");
  const value = svg("text", { x: 9, y: 31, class: "like" }), grad = svg("text", { x: 9, y: 46, class: "grad" });
  const tooltip = svg("title");
  const element = svg(
    "g",
    {
      class: `box ${box.role}`, transform: `translate(${x - w / 2} ${y - h / 2})`, "data-key": box.key,
      tabindex: -1, role: "button", onclick: () => select(box.key),
      onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { select(box.key); event.preventDefault(); event.stopPropagation(); } },
    },
    tooltip,
    svg("path", { class: "shape", d: OUTLINES[box.role](w, h) }),
    box.role === "output" && svg("path", { class: "inner", d: roundedOutline(w - 6, h - 6, 8), transform: "translate(3 3)" }),
    title, value, grad, thumb, gradThumb,
  );
  drawn.set(box.key, { element, x: x - w / 2, y: y - h / 2, w, h, box, value, grad, thumb, gradThumb, tooltip });
  return element;
}

function drawModule(module, x, y, w, h) {
  const middle = x + w / 2, line = y + h / 2;
  const text = `${module.operations} operation${module.operations === 1 ? "" : "s"}` +
    (module.parameters ? `, ${module.parameters.toLocaleString("en")} parameters` : "");
  const element = svg(
    "g",
    {
      class: "box module", "data-key": module.key, tabindex: -1, role: "button", "aria-label": `Unfold ${module.path}: ${text}`,
      onclick: () => fold(module.key),
      onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { fold(module.key); event.preventDefault(); event.stopPropagation(); } },
    },
    svg("title", {}, `${module.path}${module.kind ? ` (${module.kind})` : ""}\n${text}\ngives ${module.shapes.join(", ") || "nothing"}\nclick to unfold`),
    svg("path", { class: "shape", d: roundedOutline(w, h, 10), transform: `translate(${x} ${y})` }),
    svg("text", { x: middle, y: line - 6, "text-anchor": "middle", class: "name" }, `▸ ${shortened(module.name, 36)}`),
    svg("text", { x: middle, y: line + 9, "text-anchor": "middle", class: "like" }, module.kind || text.split(",")[0]),
    svg("text", { x: middle, y: line + 21, "text-anchor": "middle", class: "like" }, module.kind ? `${module.operations} op${module.operations === 1 ? "" : "s"}${module.parameters ? `, ${module.parameters.toLocaleString("en")} parameters` : ""}` : module.parameters ? `${module.parameters.toLocaleString("en")} parameters` : ""),
  );
  drawn.set(module.key, { element, x, y, w, h, module });
  return element;
}

/** A heat map as small as a stamp, or null. */
function stamp(array, x, y) {
  const planes = array && (array.map || (array.values && array.values.length > 1)) ? planesOf(array) : null;
  if (!planes) return null;
  const key = "stamp";
  if (!array[key]) array[key] = heatCanvas(planes, planes.rows * planes.columns > 200 ? 1 : 4).toDataURL();
  const long = planes.columns > 4 * planes.rows; // a strip is stretched, or it would be a hair
  const across = planes.rows > 4 * planes.columns;
  const [w, h] = long ? [28, planes.rows > 1 ? 18 : 10] : across ? [14, 28] : [28, 28];
  const image = svg("image", { x: x + (28 - w) / 2, y: y + (28 - h) / 2, width: w, height: h, class: "thumb", preserveAspectRatio: long || across ? "none" : "xMidYMid meet" });
  image.setAttribute("href", array[key]);
  return image;
}

/** What is written in the boxes and how they look, for the step and the choice at hand. */
function update() {
  const step = timeline[at];
  const stepping = at > 0;
  canvas.classList.toggle("stepping", stepping);
  const up = selected ? ancestors(selected) : new Set();
  const down = selected ? descendants(selected) : new Set();
  canvas.classList.toggle("lit", Boolean(selected));
  const seenUp = new Set([...up].map((key) => seenAs(boxes.get(key))));
  const seenDown = new Set([...down].map((key) => seenAs(boxes.get(key))));
  const chosen = selected ? seenAs(boxes.get(selected)) : null;
  const now = stepping ? seenAs(boxes.get(step.box)) : null;
  const fed = new Set(step.kind === "backward" ? step.to.map((one) => seenAs(one.box)) : []);
  const used = new Set(step.kind === "forward" ? boxes.get(step.box).inputs.map(([tail]) => seenAs(boxes.get(tail))) : []);
  for (const [key, place] of drawn) {
    const names = place.element.classList;
    names.toggle("up", seenUp.has(key) && key !== chosen);
    names.toggle("down", seenDown.has(key) && key !== chosen);
    names.toggle("selected", key === chosen);
    names.toggle("now", key === now);
    names.toggle("fed", fed.has(key) && key !== now);
    if (place.box) updateBox(place);
  }
  for (const { from, to, element } of arrows) {
    const inUp = (key) => key === chosen || seenUp.has(key), inDown = (key) => key === chosen || seenDown.has(key);
    element.classList.toggle("up", Boolean(chosen) && inUp(from) && inUp(to));
    element.classList.toggle("down", Boolean(chosen) && inDown(from) && inDown(to));
    element.classList.toggle("flow", step.kind === "forward" && to === now && used.has(from));
    element.classList.toggle("reverse", step.kind === "backward" && to === now && fed.has(from));
  }
  drawChips(step);
}

function updateBox(place) {
  const { box, element } = place;
  const there = valueNow(box), gradient = gradientNow(box);
  element.classList.toggle("later", !there || (at >= firstBackward && isOperation(box) && box.gradient && !gradient));
  const value = there ? box.value : null;
  const shape = box.value ? box.value.shape : box.like ? box.like[0] : null;
  const single = value && value.values && value.values.length === 1;
  const thumb = stamp(value, 9, 22);
  place.thumb.replaceChildren(...(thumb ? [thumb] : []));
  const left = thumb ? 43 : 9;
  place.value.setAttribute("x", left);
  place.value.textContent = single ? brief(value.values[0]) : shape ? (shape.length ? shapeText(shape) : "…") : "";
  place.value.setAttribute("class", single ? "number" : "like");
  place.grad.setAttribute("x", left);
  place.grad.setAttribute("class", gradient && gradient.whole ? "grad whole" : "grad");
  const gradThumb = gradient && !gradient.secret ? stamp(gradient.array, place.w - 37, 22) : null;
  place.gradThumb.replaceChildren(...(gradThumb ? [gradThumb] : []));
  place.grad.textContent = !gradient ? "" : gradient.secret ? "∂ ?" : gradThumb ? "∂" : `∂ ${gradientText(gradient.array)}`;
  place.grad.setAttribute("text-anchor", gradThumb ? "end" : "start");
  if (gradThumb) place.grad.setAttribute("x", place.w - 41);
  const words = [label(box)];
  if (box.operation) words.push(box.operation);
  words.push(there && box.value ? `value ${inWords(box.value)}` : shape ? `shape ${shapeText(shape)}` : "");
  if (gradient) words.push(`gradient ${gradient.secret ? "hidden" : inWords(gradient.array)}`);
  if (box.remark) words.push(box.remark);
  place.tooltip.textContent = words.filter(Boolean).join("\n");
  element.setAttribute("aria-label", words.filter(Boolean).join(", "));
}

function gradientText(array) {
  if (array.values && array.values.length === 1) return brief(array.values[0]);
  const range = rangeOf(array);
  return range ? `${brief(range[0], 2)}…${brief(range[1], 2)}` : "";
}

/** At a step backward, what is added, beside the box that it is added to. */
function drawChips(step) {
  const layer = byId("chips");
  layer.replaceChildren();
  if (step.kind !== "backward") return;
  const stacked = new Map();
  for (const one of step.to) {
    const place = drawn.get(one.to);
    if (!place) continue;
    const amount = isSecret(one) ? "?" : one.array && one.array.values && one.array.values.length === 1 ? brief(one.array.values[0], 4) : "▦";
    const text = `${one.number ? "+=" : "="} ${amount}`;
    const width = text.length * 6.6 + 12;
    const level = stacked.get(one.to) || 0;
    stacked.set(one.to, level + 1);
    layer.append(svg(
      "g",
      { class: "chip", transform: `translate(${place.x + place.w - width + 8} ${place.y - 11 - level * 20})` },
      svg("rect", { width, height: 18, rx: 9 }), svg("text", { x: width / 2, y: 13, "text-anchor": "middle" }, text),
    ));
  }
}

// -- moving and zooming -----------------------------------------------------------------------

const holder = byId("picture");

function place() {
  root.setAttribute("transform", `translate(${view2.x} ${view2.y}) scale(${view2.k})`);
}

/** Of a tall and a wide layout take the one that fills the screen better. */
function takeWay() {
  const { width, height } = holder.getBoundingClientRect();
  const filling = (way) => {
    const { size } = way[Math.min(way.length - 1, chooseLayout().depth)];
    return Math.min(width / (size[0] + 40), height / (size[1] + 50), 1);
  };
  const best = ways.reduce((a, b) => (filling(b) > filling(a) * 1.05 ? b : a));
  if (best !== positions) {
    positions = best;
    draw();
  }
}

function fitAll() {
  takeWay();
  const { width, height } = holder.getBoundingClientRect();
  const [w, h] = layout.size;
  const whole = Math.min((width - 40) / w, (height - 50) / h, 1.5);
  view2.k = Math.max(whole, 0.05);
  view2.x = (width - w * view2.k) / 2;
  view2.y = Math.max(12, (height - h * view2.k) / 2 - 6);
  place();
}

function zoom(factor, x, y) {
  const { width, height } = holder.getBoundingClientRect();
  const px = x === undefined ? width / 2 : x, py = y === undefined ? height / 2 : y;
  const k = Math.min(6, Math.max(0.05, view2.k * factor));
  view2.x = px - ((px - view2.x) * k) / view2.k;
  view2.y = py - ((py - view2.y) * k) / view2.k;
  view2.k = k;
  place();
}

/** Move the picture just so far that a box is well inside, and large enough to read. */
function show(key) {
  const spot = drawn.get(key) || placeOfModule(key);
  if (!spot) return;
  const { width, height } = holder.getBoundingClientRect();
  if (view2.k < 0.75) zoom(0.95 / view2.k);
  const edge = Math.min(90, width / 5, height / 5);
  const x = spot.x * view2.k + view2.x, y = spot.y * view2.k + view2.y;
  const w = Math.min(spot.w * view2.k, width - 2 * edge), h = Math.min(spot.h * view2.k, height - 2 * edge);
  if (x < edge) view2.x += edge - x;
  if (x + w > width - edge) view2.x -= x + w - width + edge;
  if (y < edge) view2.y += edge - y;
  if (y + h > height - edge) view2.y -= y + h - height + edge;
  place();
}

const pointers = new Map();
let dragged = false;
canvas.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  dragged = false;
});
window.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = [event.clientX, event.clientY];
  if (pointers.size === 1) {
    if (!dragged && Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
    dragged = true;
    canvas.classList.add("moving");
    view2.x += now[0] - before[0];
    view2.y += now[1] - before[1];
    place();
  } else if (pointers.size === 2) {
    dragged = true;
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    const box = holder.getBoundingClientRect();
    zoom(apart(now) / apart(before), (now[0] + other[0]) / 2 - box.left, (now[1] + other[1]) / 2 - box.top);
  }
  pointers.set(event.pointerId, now);
});
for (const name of ["pointerup", "pointercancel"]) {
  window.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.remove("moving");
  });
}
// a drag that ends on a box does not choose it
canvas.addEventListener("click", (event) => {
  if (dragged) event.stopPropagation();
  dragged = false;
}, true);
holder.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = holder.getBoundingClientRect();
  const unit = event.deltaMode === 1 ? 24 : 1;
  zoom(Math.exp(-event.deltaY * unit * 0.0016), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
byId("larger").addEventListener("click", () => zoom(1.3));
byId("smaller").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", fitAll);

// -- a chosen box -----------------------------------------------------------------------------

function select(key) {
  selected = key;
  update();
  showNode();
  if (key) {
    show(seenAs(boxes.get(key)));
    byId("node").scrollIntoView({ block: "nearest" });
    byId("panel").scrollTop = 0;
    say(`${label(boxes.get(key))} chosen: ${ancestors(key).size} ancestors and ${descendants(key).size} descendants lit`);
  }
}

/** Choose a box that may stand in folded modules, and open those. */
function goTo(key) {
  const box = boxes.get(key);
  for (const module of modulesAround(box)) if (module.depth <= positions[positions.length - 1].depth) folded.delete(module.key);
  draw();
  select(key);
}

const link = (key) => el("button", { type: "button", class: "link", onclick: () => goTo(key) }, label(boxes.get(key)));

function showNode() {
  const node = byId("node");
  node.hidden = !selected;
  node.replaceChildren();
  if (!selected) return;
  const box = boxes.get(selected);
  const operation = box.operation ? content.operations[box.operation] : null;
  node.append(
    el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => select(null) }, "×"),
    el("h2", { id: "node-title" }, box.name || label(box)),
    el("p", {}, el("span", { class: "tag" }, box.role), operation && box.name ? `= ${box.made} ` : "", operation ? el("code", {}, box.operation) : ""),
  );
  if (box.remark) node.append(el("p", { class: "remark" }, box.remark));
  if (operation) node.append(el("h3", {}, "Formula"), el("div", { class: "formula" }, formula(operation.formula)));
  if (box.inputs.length) {
    node.append(el("h3", {}, "Inputs"));
    const list = el("dl", { class: "given" });
    for (const [tail, argument] of box.inputs) {
      const input = boxes.get(tail);
      list.append(el("dt", {}, argument ? `${argument} =` : ""), el("dd", {}, link(tail), " ", el("span", { class: "number" }, inWords(input.value))));
    }
    node.append(list);
  }
  if (box.params) {
    const list = el("dl", { class: "given" });
    for (const [name, value] of Object.entries(box.params)) list.append(el("dt", {}, name), el("dd", {}, el("code", {}, value)));
    node.append(el("h3", {}, "Arguments"), list);
  }
  const like = box.value ? [box.value.shape, box.value.dtype] : box.like;
  node.append(el("h3", {}, `Value${like ? ` · ${shapeText(like[0])} ${like[1]}` : ""}`));
  node.append(valueNow(box) ? view(box.value) : el("span", { class: "faint" }, "not computed yet at this step"));
  node.append(el("h3", {}, `Gradient ${derivative(box)}`), nodeGradient(box));
  if (operation) {
    const rules = operation.locals.map((local, i) => [operation.inputs[operation.variadic ? 0 : i], local]).filter(([, local]) => local);
    if (rules.length) {
      node.append(el("h3", {}, "Local derivative"));
      for (const [name, local] of rules) node.append(el("div", { class: "formula" }, partial("y", name), formula(local)));
    }
    const numbers = timeline.filter((step) => step.kind === "backward" && step.box === box.key).flatMap((step) => step.to);
    for (const one of numbers) {
      if (one.local && !isSecret(one)) node.append(el("div", {}, `by ${label(one.box)}: `, view(one.local)));
    }
  }
  appendOverlay(node, box);
  if (box.users.length) node.append(el("h3", {}, "Goes into"), el("div", { class: "links" }, box.users.map(link)));
  const around = modulesAround(box);
  if (around.length) node.append(el("h3", {}, "Module"), el("code", {}, around[around.length - 1].path));
  if (box.where) node.append(el("h3", {}, "Recorded at"), el("code", {}, box.where));
}

function nodeGradient(box) {
  const gradient = gradientNow(box);
  if (!content.steps.length) return el("span", { class: "faint" }, content.remark || "none");
  if (!box.gradient) return el("span", { class: "faint" }, box.role === "constant" || box.role === "detached" ? `a ${box.role} value needs none` : "the walk does not come here");
  if (!gradient) return el("span", { class: "faint" }, "not reached yet at this step");
  if (gradient.secret) return el("span", { class: "secret" }, "? hidden in practice");
  return el("div", {}, gradient.whole ? null : el("p", { class: "faint" }, "so far:"), view(gradient.array, true));
}

/** "∂y/∂x =" as a formula. */
function partial(of, by) {
  const side = (name) => ["mrow", ["mi", "∂"], ["mi", name]];
  return el("span", {}, formula([["mfrac", side(of), side(by)], `∂${of}/∂${by}`]), " = ");
}

// -- the step at hand -------------------------------------------------------------------------

let held = null; // bytes that a consuming walk still holds after each step

function heldAfter(index) {
  if (!held) {
    const freedAt = timeline.map((step) => step.freed || 0);
    held = [];
    let rest = freedAt.reduce((a, b) => a + b, 0);
    for (const n of freedAt) held.push((rest -= n));
  }
  return held[index];
}

function showStep() {
  const section = byId("step");
  section.replaceChildren();
  const step = timeline[at];
  if (step.kind === "whole") {
    section.append(
      el("h2", { id: "step-title" }, "The whole picture"),
      el("p", {}, timeline.length > firstBackward
        ? `${firstBackward - 1} operations forward, then ${timeline.length - firstBackward} steps backward. Choose a box, or press Next to step through.`
        : `${firstBackward - 1} operations. Choose a box, or press Next to step through.`),
    );
    if (seeds.length && seedName === "L") section.append(el("p", { class: "faint" }, `L stands for ${seeds.map(label).join(" and ")}.`));
    if (content.remark) section.append(el("p", { class: "remark" }, content.remark));
    if (practising) section.append(el("p", { class: "remark" }, "Practice: gradients are hidden. Step to the walk backward and type what you worked out."));
    return;
  }
  const box = boxes.get(step.box);
  const operation = content.operations[box.operation];
  section.append(
    el("h2", { id: "step-title" }, el("span", { class: `tag ${step.kind}` }, step.kind === "forward" ? "forward" : "backward"), equation(box)),
  );
  if (step.kind === "forward") showForward(section, box, operation);
  else showBackward(section, step, box, operation);
}

function showForward(section, box, operation) {
  section.append(el("div", { class: "formula" }, formula(operation.formula)));
  const list = el("dl", { class: "given" });
  for (const [tail, argument] of box.inputs) {
    list.append(el("dt", {}, `${argument} =`), el("dd", {}, link(tail), " ", el("span", { class: "number" }, inWords(boxes.get(tail).value))));
  }
  section.append(list, el("h3", {}, `${label(box)} =`), view(box.value));
  appendOverlay(section, box);
}

function showBackward(section, step, box, operation) {
  const gradient = gradientNow(box);
  section.append(el("h3", {}, step.seed ? "The walk starts here with" : "In comes"));
  section.append(el("div", {}, el("span", { class: "g" }, `${derivative(box)} = `), gradient && !gradient.secret ? view(gradient.array, true) : el("span", { class: "secret" }, "?")));
  if (!step.to.length) section.append(el("p", { class: "faint" }, "None of its inputs needs a gradient."));
  else section.append(el("h3", {}, `Out go, for ${operation.formula ? "" : "y = "}`), el("div", { class: "formula" }, formula(operation.formula)));
  for (const one of step.to) section.append(showContribution(one, box, operation));
  const idle = box.inputs.filter(([tail]) => !step.to.some((one) => one.to === tail));
  if (idle.length && step.to.length) section.append(el("p", { class: "faint" }, `${idle.map(([tail]) => label(boxes.get(tail))).join(", ")}: no gradient asked for.`));
  appendOverlay(section, box);
  const most = heldAfter(firstBackward - 1);
  const names = step.kept.join(", ");
  const said = step.freed ? `backward() frees ${bytes(step.freed)} here, kept for the rules (${names}).`
    : names ? `backward() frees nothing here: what it kept (${names}) older steps or leaves hold too.`
    : "backward() frees nothing here: the rules kept nothing.";
  const freed = el("div", { class: "freed" }, `${said} Still kept: ${bytes(heldAfter(at))}.`);
  if (most) {
    const bar = el("div");
    bar.style.width = `${(100 * heldAfter(at)) / most}%`;
    freed.append(el("div", { class: "meter", "aria-hidden": "true" }, bar));
  }
  section.append(freed);
}

/** One "∂E/∂w += …": the rule, the numbers, and the sum that it goes into. */
function showContribution(one, box, operation) {
  const name = operation.inputs[operation.variadic ? 0 : one.argument];
  const local = operation.locals[operation.variadic ? 0 : one.argument];
  const card = el("div", { class: "sum", "data-to": one.to, "data-id": one.id });
  card.append(el("h3", {}, `${derivative(one.box)} `, el("span", { class: "plus" }, one.number ? "+=" : "="), " …"));
  const rule = el("div", { class: "formula" }, el("span", { class: "g" }, `${derivative(box)} · `), partial("y", name));
  rule.lastChild.lastChild.remove();
  if (local) rule.append(" = ", el("span", { class: "g" }, `${derivative(box)} · `), formula(local));
  card.append(rule);
  const given = [[name, one.box]].concat(box.inputs.filter(([, argument]) => argument !== name).map(([tail, argument]) => [argument, boxes.get(tail)]));
  card.append(el("p", { class: "faint" }, given.slice(0, 3).map(([argument, other]) => `${argument} is ${label(other)}`).join(", ")));
  if (isSecret(one)) {
    card.append(question(one));
    return card;
  }
  const incoming = gradientNow(box);
  const single = one.array && one.array.values && one.array.values.length === 1;
  const number = (array) => digits(array.values[0], array.dtype);
  if (single) {
    const line = el("div", { class: "line" });
    if (one.local && one.local.values && one.local.values.length === 1 && incoming && incoming.array && incoming.array.values && incoming.array.values.length === 1) {
      line.append(el("span", { class: "g" }, number(incoming.array)), ` × ${bracketed(number(one.local))} = `);
    }
    line.append(el("b", { class: "g number" }, number(one.array)));
    card.append(line);
    if (one.number) {
      card.append(el("div", { class: "line" }, `${number(one.before)} `, el("span", { class: "plus" }, "+"), ` ${bracketed(number(one.array))} = `, el("b", { class: "g" }, number(one.after))));
    }
  } else {
    if (one.local) card.append(el("div", { class: "faint" }, "local derivative:"), view(one.local));
    if (one.summed) card.append(el("p", { class: "faint" }, `broadcasting undone: ${shapeText(one.summed)} summed to ${shapeText(one.array ? one.array.shape : [])}`));
    card.append(el("div", { class: "faint" }, one.of > 1 ? "added:" : "gives:"), view(one.array, true));
    if (one.number) card.append(el("div", { class: "faint" }, "the sum now:"), view(one.after, true));
  }
  if (single && one.summed) card.append(el("p", { class: "faint" }, `broadcasting undone: ${shapeText(one.summed)} summed to a scalar`));
  card.append(el("div", { class: one.number === one.of - 1 ? "done" : "faint" }, one.number === one.of - 1
    ? `${derivative(one.box)} is complete${one.of > 1 ? `: ${one.of} terms` : ""}.`
    : `term ${one.number + 1} of ${one.of}: more will be added.`));
  return card;
}

const bracketed = (text) => (text.startsWith(MINUS) ? `(${text})` : text);

// -- a kernel over an image -------------------------------------------------------------------

function floatsOf(text) {
  if (text === null || text === undefined) return null;
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(raw.buffer);
}

// What was picked in each overlay, so that stepping on does not lose it.
const picked = new Map();

function appendOverlay(section, box) {
  if (box.windows) section.append(overlayOf(box));
  else if (box.operation === "conv2d" || box.operation === "max_pool2d") {
    section.append(el("p", { class: "faint" }, "Its windows are not in this page, which would be too large: draw a tape of this layer alone, with one image."));
  }
}

function overlayOf(box) {
  const data = box.windows;
  if (!data.ready) {
    for (const name of ["x", "w", "b", "y", "g", "dx"]) data[name] = floatsOf(data[name]);
    data.ready = true;
  }
  if (!picked.has(box.key)) picked.set(box.key, { mode: "out", o: 0, c: 0, at: [0, 0] });
  const element = el("div", { class: "overlay" });
  const build = data.kind === "conv" ? buildConv : buildMax;
  const rebuild = (focus) => {
    element.replaceChildren();
    build(element, box, data, picked.get(box.key), rebuild);
    if (focus) {
      const target = element.querySelector(`[data-grid="${focus}"]`);
      if (target) target.focus();
    }
  };
  rebuild();
  return element;
}

/** One plane as a grid of cells that can be clicked, or walked over with the arrow keys. */
function grid(name, title, rows, columns, value, options = {}) {
  const size = Math.max(5, Math.min(options.most || 26, Math.floor((options.width || 190) / columns)));
  const pad = options.pad || [0, 0, 0, 0]; // top, left, bottom, right, in cells
  const width = (columns + pad[1] + pad[3]) * size, height = (rows + pad[0] + pad[2]) * size;
  let low = 0, high = 0;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
    const x = value(r, c);
    if (Number.isFinite(x)) (low = Math.min(low, x)), (high = Math.max(high, x));
  }
  const picture = svg("svg", { class: "grid", width: width + 2, height: height + 2, viewBox: `-1 -1 ${width + 2} ${height + 2}`, role: "img", "aria-label": title });
  const place = (r, c) => ({ x: (c + pad[1]) * size, y: (r + pad[0]) * size, width: size, height: size });
  if (pad.some(Boolean)) picture.append(svg("rect", { class: "pad", x: 0, y: 0, width, height }));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = value(r, c);
      const cell = svg("rect", { ...place(r, c), class: "cell", fill: Number.isNaN(x) && options.secret ? "#bbb" : css(colour(x, low, high)) });
      if (options.pick) cell.addEventListener("click", () => options.pick(r, c));
      if (!(Number.isNaN(x) && options.secret)) cell.append(svg("title", {}, `[${r}, ${c}] ${brief(x)}`));
      picture.append(cell);
      const text = brief(x, 2).replace(/^(−?)0\./, "$1.");
      if (text.length * 5 <= size && !(Number.isNaN(x) && options.secret)) {
        const [px, py] = [place(r, c).x + size / 2, place(r, c).y + size / 2 + 3];
        picture.append(svg("text", { x: px, y: py, class: isDark(colour(x, low, high)) ? "light" : null }, text));
      }
    }
  }
  for (const [r, c] of options.hits || []) picture.append(svg("rect", { ...place(r, c), class: "hit" }));
  if (options.picked) {
    const [r, c] = options.picked;
    picture.append(svg("rect", { ...place(r, c), class: "halo" }), svg("rect", { ...place(r, c), class: "pick" }));
  }
  if (options.pick) {
    picture.setAttribute("tabindex", 0);
    picture.setAttribute("data-grid", name);
    picture.setAttribute("aria-label", `${title}; arrow keys choose a pixel${options.picked ? `, now ${options.picked}` : ""}`);
    picture.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      const [r, c] = options.picked || [0, 0];
      options.pick(Math.min(rows - 1, Math.max(0, r + move[0])), Math.min(columns - 1, Math.max(0, c + move[1])));
    });
  }
  return { figure: el("figure", {}, el("figcaption", {}, title), picture), picture, place, size };
}

function chooser(text, count, of, current, change) {
  const options = Array.from({ length: count }, (_, i) => el("option", { value: i, selected: i === current }, String(i)));
  return el("label", {}, `${text} `, el("select", { onchange: (event) => change(Number(event.target.value)) }, options), of > count ? ` of ${of}` : "");
}

/** Whether practice still hides this box's gradient. */
const gradientHidden = (box) => {
  const gradient = gradientNow(box);
  return !gradient || Boolean(gradient.secret);
};

const others = (count, side) => (count === 1 ? `the other ${side} channel` : `the other ${count} ${side} channels`);

function buildConv(element, box, data, pick, rebuild) {
  const [R, S] = data.size, [H, W] = data.image, [P, Q] = data.out;
  const [u, v] = data.stride, [e, f] = data.dilation, [a, b] = data.before;
  const [shownIn, allIn] = data.channels, [shownOut, allOut] = data.outputs;
  const depth = data.groups === 1 ? shownIn : allIn / data.groups; // channels that a stored kernel has
  const perGroup = allOut / data.groups;
  const base = (o) => (data.groups === 1 ? 0 : Math.floor(o / perGroup) * depth);
  const X = (c, i, j) => (i < 0 || j < 0 || i >= H || j >= W ? 0 : data.x[(c * H + i) * W + j]);
  const K = (o, c, r, s) => data.w[((o * depth + c - base(o)) * R + r) * S + s];
  const Y = (array, o, p, q) => array[(o * P + p) * Q + q];
  const connected = (o, c) => c >= base(o) && c < base(o) + depth;
  const backward = pick.mode === "in";
  const inputBox = boxes.get(box.inputs[0][0]);
  const noDelta = !data.g || gradientHidden(box);
  const set = (changes, focus) => { Object.assign(pick, changes); rebuild(focus); };
  if (!connected(pick.o, pick.c)) pick.c = base(pick.o);
  const modes = [["out", "an output pixel (forward)"], ["in", "an input pixel (backward)"]].map(([mode, text]) =>
    el("label", {}, el("input", { type: "radio", name: `mode-${box.key}-${Math.random()}`, checked: pick.mode === mode, onchange: () => set({ mode, at: [0, 0] }) }), ` ${text}`));
  element.append(
    el("h3", {}, "The window of"), el("div", { class: "choices" }, modes),
    el("div", { class: "choices" },
      chooser("output channel", shownOut, allOut, pick.o, (o) => set({ o })),
      chooser("input channel", shownIn, allIn, pick.c, (c) => set({ c, o: connected(pick.o, c) ? pick.o : Math.floor(c / depth) * perGroup })),
      data.images > 1 ? el("span", { class: "faint" }, `image 0 of ${data.images}`) : ""),
  );
  // the pairs (place in x, place in the kernel, place in y) that belong to the picked pixel
  const [m, n] = pick.at;
  const pairs = [];
  for (let r = 0; r < R; r++) for (let s = 0; s < S; s++) {
    if (!backward) pairs.push({ x: [u * m + e * r - a, v * n + f * s - b], k: [r, s], y: [m, n] });
    else {
      const p = (m + a - e * r) / u, q = (n + b - f * s) / v;
      if (Number.isInteger(p) && Number.isInteger(q) && p >= 0 && q >= 0 && p < P && q < Q) pairs.push({ x: [m, n], k: [r, s], y: [p, q] });
    }
  }
  const bottom = Math.max(0, (P - 1) * u + e * (R - 1) + 1 - a - H), right = Math.max(0, (Q - 1) * v + f * (S - 1) + 1 - b - W);
  const left = grid("x", backward ? `∂/∂x, channel ${pick.c}` : `x, channel ${pick.c}`, H, W, (i, j) => {
    if (!backward) return X(pick.c, i, j);
    return data.dx && !gradientHidden(inputBox) ? data.dx[(pick.c * H + i) * W + j] : NaN;
  }, {
    pad: [a, b, bottom, right], secret: backward,
    hits: backward ? [] : pairs.map((pair) => pair.x), picked: backward ? pick.at : null,
    pick: backward ? (i, j) => set({ at: [i, j] }, "x") : null,
  });
  const kernel = grid("w", `kernel ${pick.o}, channel ${pick.c}`, R, S, (r, s) => K(pick.o, pick.c, r, s), { most: 30, hits: pairs.map((pair) => pair.k) });
  const out = grid("y", backward ? `δ = ∂/∂y, channel ${pick.o}` : `y, channel ${pick.o}`, P, Q, (p, q) => {
    if (!backward) return Y(data.y, pick.o, p, q);
    return noDelta ? NaN : Y(data.g, pick.o, p, q);
  }, {
    secret: backward, hits: backward ? pairs.map((pair) => pair.y) : [], picked: backward ? null : pick.at,
    pick: backward ? null : (p, q) => set({ at: [p, q] }, "y"),
  });
  element.append(el("div", { class: "grids" }, left.figure, kernel.figure, out.figure));
  const table = el("table", { class: "terms" });
  const row = (name, text, x, total) => table.append(el("tr", { class: total ? "total" : null },
    el("td", { colspan: text ? null : 2 }, name), text ? el("td", {}, text) : null, el("td", {}, x)));
  let shown = 0;
  if (!backward) {
    for (const { x, k } of pairs) {
      const product = X(pick.c, ...x) * K(pick.o, pick.c, ...k);
      shown += product;
      const outside = x[0] < 0 || x[1] < 0 || x[0] >= H || x[1] >= W;
      row(outside ? "padding · w" : `x[${x}] · w[${k}]`, `${brief(X(pick.c, ...x), 4)} · ${brief(K(pick.o, pick.c, ...k), 4)}`, brief(product, 4));
    }
    row(`sum over channel ${pick.c}`, "", brief(shown, 6), true);
    let rest = 0;
    for (let c = 0; c < shownIn; c++) if (c !== pick.c && connected(pick.o, c)) {
      for (const { x, k } of pairs) rest += X(c, ...x) * K(pick.o, c, ...k);
    }
    const bias = data.b ? data.b[pick.o] : 0, y = Y(data.y, pick.o, m, n);
    if (shownIn < allIn) rest = y - bias - shown;
    if (allIn / data.groups > 1) row(others(allIn / data.groups - 1, "input"), "", brief(rest, 6));
    if (data.b) row(`bias b[${pick.o}]`, "", brief(bias, 6));
    row(`y[0, ${pick.o}, ${m}, ${n}]`, "", brief(y, 6), true);
  } else if (noDelta) {
    element.append(el("p", { class: "faint" }, practising ? "δ is hidden in practice until it is answered." : "δ arrives when the walk comes here."));
  } else {
    for (const { k, y } of pairs) {
      const product = Y(data.g, pick.o, ...y) * K(pick.o, pick.c, ...k);
      shown += product;
      row(`δ[${y}] · w[${k}]`, `${brief(Y(data.g, pick.o, ...y), 4)} · ${brief(K(pick.o, pick.c, ...k), 4)}`, brief(product, 4));
    }
    row(`sum over output channel ${pick.o}`, "", brief(shown, 6), true);
    if (data.dx && !gradientHidden(inputBox)) {
      const dx = data.dx[(pick.c * H + m) * W + n];
      let rest = 0;
      for (let o = 0; o < shownOut; o++) if (o !== pick.o && connected(o, pick.c)) {
        for (const { k, y } of pairs) rest += Y(data.g, o, ...y) * K(o, pick.c, ...k);
      }
      if (shownOut < allOut || (contributions.get(inputBox.key) || []).length > 1) rest = dx - shown;
      if (allOut / data.groups > 1) row(others(allOut / data.groups - 1, "output"), "", brief(rest, 6));
      row(`∂/∂x[0, ${pick.c}, ${m}, ${n}]`, "", brief(dx, 6), true);
    } else if (!inputBox.gradient) element.append(el("p", { class: "faint" }, "x is a constant here: nobody asks for its gradient."));
    if (!pairs.length) element.append(el("p", { class: "faint" }, "No window sees this pixel: its gradient is 0."));
  }
  element.append(el("div", { class: "terms" }, table));
}

function buildMax(element, box, data, pick, rebuild) {
  const [, S] = data.size, [H, W] = data.image, [P, Q] = data.out;
  const [u, v] = data.stride, [e, f] = data.dilation, [a, b] = data.before;
  const [shown, all] = data.channels;
  const set = (changes, focus) => { Object.assign(pick, changes); rebuild(focus); };
  const winner = (p, q) => {
    const k = data.winners[(pick.c * P + p) * Q + q];
    return [p * u + Math.floor(k / S) * e - a, q * v + (k % S) * f - b];
  };
  const noDelta = !data.g || gradientHidden(box);
  element.append(
    el("h3", {}, "Where each δ goes: to the first maximum of its window"),
    el("div", { class: "choices" }, chooser("channel", shown, all, pick.c, (c) => set({ c })), data.images > 1 ? el("span", { class: "faint" }, `image 0 of ${data.images}`) : ""),
  );
  const [m, n] = pick.at;
  const window = [];
  for (let r = 0; r < data.size[0]; r++) for (let s = 0; s < S; s++) {
    const [i, j] = [m * u + r * e - a, n * v + s * f - b];
    if (i >= 0 && j >= 0 && i < H && j < W) window.push([i, j]);
  }
  // both grids in one picture, so that lines can run from the one to the other
  const left = grid("x", "x", H, W, (i, j) => data.x[(pick.c * H + i) * W + j], { width: 220, hits: window });
  const right = grid("y", "δ", P, Q, (p, q) => (noDelta ? data.y[(pick.c * P + p) * Q + q] : data.g[(pick.c * P + p) * Q + q]), {
    width: 120, most: left.size * 1.4, picked: pick.at, pick: (p, q) => set({ at: [p, q] }, "y"),
  });
  const gap = 46, shift = W * left.size + gap, total = shift + Q * right.size;
  const tall = Math.max(H * left.size, P * right.size), down = (tall - P * right.size) / 2;
  const picture = svg("svg", { class: "grid", width: total + 2, height: tall + 2, viewBox: `-1 -1 ${total + 2} ${tall + 2}` });
  const second = svg("g", { transform: `translate(${shift} ${down})` });
  second.append(right.picture);
  right.picture.setAttribute("x", -1), right.picture.setAttribute("y", -1);
  picture.append(svg("g", {}, ...left.picture.childNodes), second);
  const middle = (place) => [place.x + place.width / 2, place.y + place.height / 2];
  let strong = null;
  for (let p = 0; p < P; p++) for (let q = 0; q < Q; q++) {
    const [x1, y1] = middle(left.place(...winner(p, q))), [x2, y2] = middle(right.place(p, q));
    const mine = p === m && q === n;
    const line = svg("line", { x1, y1, x2: x2 + shift, y2: y2 + down, class: mine ? "route pickd" : "route" });
    if (mine) strong = line;
    else picture.append(line);
  }
  const [i, j] = winner(m, n);
  if (strong) picture.append(strong, svg("rect", { ...left.place(i, j), class: "halo" }), svg("rect", { ...left.place(i, j), class: "pick" }));
  element.append(el("figure", {}, el("figcaption", {}, `x on the left, ${noDelta ? "y" : "δ = ∂/∂y"} on the right`), picture));
  const y = data.y[(pick.c * P + m) * Q + n];
  element.append(el("p", {}, `y[${m}, ${n}] = ${brief(y)} is x[${i}, ${j}].`));
  if (!noDelta) {
    const g = data.g[(pick.c * P + m) * Q + n];
    element.append(el("p", { class: "g" }, `δ[${m}, ${n}] = ${brief(g)} goes to x[${i}, ${j}]; the rest of the window gets 0 from it.`));
  }
}

// -- practice ---------------------------------------------------------------------------------
// Gradients are hidden; each contribution is asked for, and seen once it was answered or given up.

let practising = false;
const revealed = new Set(); // ids of contributions
const answered = new Map(); // id -> whether the first answer was right
const drafts = new Map(); // id -> {text, verdict, right} typed last

const isSecret = (one) => practising && !revealed.has(one.id) && askable(one) !== null;

/** [where, true value] of what is asked, or null where there is nothing to ask for. */
function askable(one) {
  if (one.ask) return [`[${one.ask[0].join(", ")}]`, one.ask[1]];
  return one.array && one.array.values && one.array.values.length === 1 ? ["", one.array.values[0]] : null;
}

/** {right, text}: a number counts as right if it is the true one rounded to the digits typed. */
function judge(typed, truth, dtype) {
  const text = typed.trim().replace(/[−–]/g, "-").replace(",", ".").replace(/\s/g, "");
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (typeof truth === "string") {
    const same = text.toLowerCase() === { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" }[truth];
    return { right: same, final: true, text: same ? "Right." : "Wrong." };
  }
  if (!parts || !(parts[2] + parts[3])) return { right: false, final: false, text: "Type a number, such as 0.0822 or −1.5e-3." };
  const value = Number(text);
  const unit = 10 ** ((parts[4] ? Number(parts[4]) : 0) - parts[3].length);
  const slack = Math.abs(truth) * { float64: 1e-12, float32: 3e-7, float16: 2e-3 }[dtype || "float64"];
  const off = Math.abs(value - truth);
  const significant = (parts[2] + parts[3]).replace(/^0+/, "").length;
  if (off > unit / 2 + slack) {
    const opposite = Math.abs(value + truth) <= unit / 2 + slack && truth !== 0;
    return { right: false, final: true, text: opposite ? "Wrong: the sign is the other one." : "Wrong to the digits typed." };
  }
  if (off > slack && significant < 2) return { right: false, final: false, text: "Not wrong, but give two significant digits at least." };
  return { right: true, final: true, text: `Right to the digits typed (${significant || 1}).` };
}

function question(one) {
  const [place, truth] = askable(one);
  const target = `${derivative(one.box)}${place}`;
  const draft = drafts.get(one.id) || { text: "", verdict: "", right: null };
  const input = el("input", { type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", id: `answer-${one.id}`, "data-answer": one.id, placeholder: "number" });
  input.value = draft.text;
  input.addEventListener("input", () => drafts.set(one.id, { ...draft, text: input.value }));
  const verdict = el("span", { class: `verdict ${draft.right === null ? "" : draft.right ? "right" : "wrong"}`, role: "status" }, draft.verdict);
  const form = el("form", { class: "ask" }, el("label", { for: `answer-${one.id}` }, `${one.of > 1 ? "This term of " : ""}${target} = `), input,
    el("button", { type: "submit" }, "Check"), el("button", { type: "button", class: "give-up", onclick: () => reveal(one, false) }, "Show"), verdict);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const result = judge(input.value, truth, one.box.gradient && one.box.gradient.dtype);
    if (result.final && !answered.has(one.id)) answered.set(one.id, result.right);
    drafts.set(one.id, { text: input.value, verdict: result.text, right: result.final ? result.right : null });
    if (result.right) reveal(one, true, result.text);
    else {
      verdict.textContent = result.text;
      verdict.className = `verdict ${result.final ? "wrong" : ""}`;
      showScore();
      input.focus();
      input.select();
    }
  });
  return form;
}

function reveal(one, right, text) {
  if (!answered.has(one.id)) answered.set(one.id, right);
  revealed.add(one.id);
  showScore();
  refresh();
  const card = document.querySelector(`.sum[data-id="${one.id}"]`);
  if (card) card.append(el("div", { class: `verdict ${right ? "right" : ""}` }, right ? text : `Shown: ${derivative(one.box)}${askable(one)[0]} is ${digits(askable(one)[1])}.`));
  say(right ? text : "Shown.");
  const next = document.querySelector("#step form.ask input");
  (next || byId("next")).focus();
}

function showScore() {
  const total = answered.size, right = [...answered.values()].filter(Boolean).length;
  const score = byId("score");
  score.hidden = !practising;
  score.textContent = `${right} of ${total} right`;
}

byId("practice").addEventListener("click", () => {
  practising = !practising;
  if (practising) {
    revealed.clear();
    answered.clear();
    drafts.clear();
  }
  byId("practice").setAttribute("aria-pressed", practising);
  showScore();
  if (practising && at < firstBackward && timeline.length > firstBackward) {
    goToStep(firstBackward);
    const first = document.querySelector("#step form.ask input");
    if (first) first.focus();
  } else refresh();
  say(practising ? "Practice: gradients are hidden" : "Practice is off");
});

// -- from step to step ------------------------------------------------------------------------

let playing = null;

function goToStep(index, spoken = true) {
  at = Math.min(timeline.length - 1, Math.max(0, index));
  selected = null;
  refresh();
  const step = timeline[at];
  if (step.box) {
    for (const one of step.to || []) show(seenAs(one.box));
    show(seenAs(boxes.get(step.box)));
  }
  byId("panel").scrollTop = 0;
  if (spoken) say(`Step ${at} of ${timeline.length - 1}. ${stepSentence(at)}`);
}

function refresh() {
  update();
  showNode();
  showStep();
  const last = timeline.length - 1;
  byId("slider").max = last;
  byId("slider").value = at;
  byId("slider").setAttribute("aria-valuetext", stepTitle(at));
  byId("where").textContent = at ? `${at} of ${last} · ${stepTitle(at)}` : `${last} steps`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("next").disabled = byId("last").disabled = at === last;
  showList();
}

/** The ordered list of all steps in words: the page without its picture. */
function showList() {
  const list = byId("list");
  if (list.children.length !== timeline.length - 1) {
    list.replaceChildren(...timeline.slice(1).map((_, i) => el("li", {}, el("button", { type: "button", onclick: () => goToStep(i + 1) }))));
  }
  for (let i = 1; i < timeline.length; i++) {
    const item = list.children[i - 1], text = stepSentence(i);
    if (item.dataset.text !== text) {
      item.dataset.text = text;
      item.firstChild.replaceChildren(el("span", { class: "n" }, `${i}.`), ` ${text}`);
    }
    if (i === at) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

function play() {
  if (playing) return pause();
  if (at === timeline.length - 1) goToStep(0);
  byId("play").classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  const tick = () => {
    const asks = document.querySelector("#step form.ask");
    if (at === timeline.length - 1 || asks) return pause();
    goToStep(at + 1);
    playing = setTimeout(tick, 1400);
  };
  playing = setTimeout(tick, 150);
}

function pause() {
  clearTimeout(playing);
  playing = null;
  byId("play").classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

const say = (text) => { byId("say").textContent = text; };

byId("first").addEventListener("click", () => goToStep(0));
byId("back").addEventListener("click", () => goToStep(at - 1));
byId("next").addEventListener("click", () => goToStep(at + 1));
byId("last").addEventListener("click", () => goToStep(timeline.length - 1));
byId("play").addEventListener("click", play);
byId("slider").addEventListener("input", () => goToStep(Number(byId("slider").value), false));

// -- finding ----------------------------------------------------------------------------------

const search = byId("search"), found = byId("found");
let option = -1;

function find() {
  const wanted = search.value.trim().toLowerCase();
  found.replaceChildren();
  option = -1;
  if (wanted) {
    const hits = [];
    for (const module of modules.values()) {
      if (module.path.toLowerCase().includes(wanted)) hits.push([module.path, "module", () => { openTo(module); show(module.key); }]);
    }
    for (const box of boxes.values()) {
      const text = [box.label, box.name, box.operation].filter(Boolean).join(" ");
      if (text.toLowerCase().includes(wanted)) hits.push([label(box), box.operation || box.role, () => goTo(box.key)]);
    }
    // what begins with it comes first
    hits.sort((a, b) => b[0].toLowerCase().startsWith(wanted) - a[0].toLowerCase().startsWith(wanted));
    for (const [name, kind, go] of hits.slice(0, 30)) {
      found.append(el("li", { role: "option", "aria-selected": "false", onclick: () => { closeFound(); go(); } }, name, " ", el("small", {}, kind)));
    }
    if (!hits.length) found.append(el("li", { class: "faint" }, "nothing of that name"));
    say(`${hits.length} found`);
  }
  found.hidden = !wanted;
  search.setAttribute("aria-expanded", String(Boolean(wanted)));
}

function openTo(module) {
  for (let key = module.parent; key; key = modules.get(key).parent) folded.delete(key);
  draw();
}

function closeFound() {
  search.value = "";
  find();
}

search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  const items = [...found.querySelectorAll("[role=option]")];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    option = items.length ? (option + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length : -1;
    items.forEach((item, i) => {
      item.setAttribute("aria-selected", i === option);
      item.id = `found-${i}`;
      if (i === option) item.scrollIntoView({ block: "nearest" });
    });
    if (option >= 0) search.setAttribute("aria-activedescendant", `found-${option}`);
  } else if (event.key === "Enter" && items.length) {
    event.preventDefault();
    items[Math.max(0, option)].click();
  } else if (event.key === "Escape") closeFound();
});
document.addEventListener("pointerdown", (event) => {
  if (!found.hidden && !event.target.closest(".search")) closeFound();
});

// -- keys -------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=range]):not([type=radio]), select, textarea");
  if (event.key === "Escape" && !typing) return select(null);
  if (typing || event.target === byId("slider")) return;
  const inPicture = holder.contains(event.target);
  const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (arrow && inPicture) {
    event.preventDefault();
    if (event.shiftKey) return neighbour(-arrow[0], -arrow[1]);
    view2.x += arrow[0] * 60;
    view2.y += arrow[1] * 60;
    return place();
  }
  const actions = {
    n: () => goToStep(at + 1), ArrowRight: () => goToStep(at + 1), b: () => goToStep(at - 1), ArrowLeft: () => goToStep(at - 1),
    Home: () => goToStep(0), End: () => goToStep(timeline.length - 1), "/": () => search.focus(), "?": toggleKeys,
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fitAll,
  };
  if (event.key === " " && !event.target.closest("button")) actions[" "] = play;
  if (event.key === "Enter" && event.target === holder && selected) actions.Enter = foldAround;
  const action = actions[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

/** Choose the nearest box in that direction. */
function neighbour(dx, dy) {
  const middle = (spot) => [spot.x + spot.w / 2, spot.y + spot.h / 2];
  const spots = [...drawn.values()].filter((spot) => spot.box || spot.module);
  const key = selected && seenAs(boxes.get(selected));
  const from = key && drawn.has(key) ? middle(drawn.get(key)) : null;
  let best = null, least = Infinity;
  for (const spot of spots) {
    if (!spot.box || spot.box.key === selected) continue;
    const [x, y] = middle(spot);
    const [rx, ry] = from ? [x - from[0], y - from[1]] : [x, y];
    const along = rx * dx + ry * dy, across = Math.abs(rx * dy) + Math.abs(ry * dx);
    if (from && along <= 0) continue;
    const cost = Math.abs(along) + 2.5 * across;
    if (cost < least) (least = cost), (best = spot);
  }
  if (best) select(best.box.key);
}

/** Fold the innermost open module around the chosen box, or unfold the one that hides it. */
function foldAround() {
  const around = modulesAround(boxes.get(selected));
  const closed = around.find((module) => folded.has(module.key));
  if (closed) fold(closed.key);
  else if (around.length) fold(around[around.length - 1].key);
}

function toggleKeys() {
  byId("keys").hidden = !byId("keys").hidden;
  byId("help").setAttribute("aria-expanded", !byId("keys").hidden);
}
byId("help").addEventListener("click", toggleKeys);

// -- light and dark, paper --------------------------------------------------------------------

const system = window.matchMedia("(prefers-color-scheme: dark)");
let theme = null; // null: as the system has it

function paint() {
  document.documentElement.dataset.theme = theme || (system.matches ? "dark" : "light");
}
byId("theme").addEventListener("click", () => {
  const order = system.matches ? [null, "light", "dark"] : [null, "dark", "light"];
  theme = order[(order.indexOf(theme) + 1) % 3];
  byId("theme").setAttribute("aria-label", `Colours: ${theme || "as the system has them"}`);
  paint();
});
system.addEventListener("change", paint);

let printing = false;
window.addEventListener("beforeprint", () => {
  printing = true;
  document.documentElement.dataset.theme = "light";
  canvas.setAttribute("viewBox", `-10 -10 ${layout.size[0] + 20} ${layout.size[1] + 20}`);
  canvas.style.aspectRatio = `${layout.size[0] + 20} / ${layout.size[1] + 20}`;
  root.removeAttribute("transform");
});
window.addEventListener("afterprint", () => {
  printing = false;
  canvas.removeAttribute("viewBox");
  canvas.style.aspectRatio = "";
  paint();
  place();
});

// -- begin ------------------------------------------------------------------------------------

function legend() {
  const roles = new Set(content.boxes.filter((box) => !box.hidden).map((box) => box.role));
  const names = { leaf: "leaf", parameter: "parameter", constant: "constant", detached: "detached", operation: "operation", output: "output", gone: "gone" };
  for (const [role, name] of Object.entries(names)) {
    if (!roles.has(role)) continue;
    const sign = svg("svg", { viewBox: "-1 -1 24 18", class: `box ${role}` }, svg("path", { class: "shape", d: OUTLINES[role](22, 16) }));
    byId("legend").append(el("li", {}, sign, name));
  }
}

function begin() {
  paint();
  byId("title").append(shortened(content.title, 60), el("small", {}, " · step through backward"));
  const depth = byId("depth");
  depth.append(el("option", { value: "", hidden: true }, "as chosen"));
  for (const one of positions) {
    const name = one.depth === 0 ? "folded" : one.depth === positions.length - 1 ? "all open" : `open ${one.depth} deep`;
    depth.append(el("option", { value: one.depth }, name));
  }
  byId("depth-label").hidden = modules.size === 0;
  depth.addEventListener("change", () => {
    foldTo(Number(depth.value));
    draw();
    fitAll();
    say(`Modules ${depth.selectedOptions[0].textContent}`);
  });
  // the deepest layout that is still easy to survey
  let start = 0;
  for (const one of positions) if (Object.keys(one.boxes).length <= 45) start = one.depth;
  foldTo(modules.size ? start : 0);
  if (timeline.length < 2) byId("transport").hidden = true;
  byId("practice").hidden = !content.steps.length;
  legend();
  draw();
  fitAll();
  refresh();
  let size = "";
  new ResizeObserver(() => {
    const now = `${holder.clientWidth} ${holder.clientHeight}`;
    if (size && now !== size && !printing) fitAll();
    size = now;
  }).observe(holder);
}

begin();
