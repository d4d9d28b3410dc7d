// Arrays as tables, heat maps and histograms.

/** Colour of a number in low … high: blue – white – vermilion around 0, or white to blue if all have one sign. */
function colour(x, low, high) {
  if (typeof x !== "number" || !Number.isFinite(x)) return [255, 0, 200];
  const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
  if (low < 0) {
    const most = Math.max(-low, high, 1e-300);
    return x < 0
      ? mix([255, 255, 255], [40, 110, 190], -x / most)
      : mix([255, 255, 255], [225, 110, 30], Math.max(0, x) / most);
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
  const across = Math.min(
    count,
    Math.max(1, count <= 4 ? Math.ceil(Math.sqrt(count)) : Math.round(Math.sqrt((count * rows) / columns) * 1.3)),
  );
  const down = Math.ceil(count / across);
  const canvas = el("canvas", { width: across * (columns + gap) - gap, height: down * (rows + gap) - gap });
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let p = 0; p < count; p++) {
    const top = Math.floor(p / across) * (rows + gap),
      left = (p % across) * (columns + gap);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        image.data.set(
          [...colour(planes.value(p, r, c), planes.low, planes.high), 255],
          ((top + r) * canvas.width + left + c) * 4,
        );
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
  if (array.low === undefined && !array.odd)
    return el("span", { class: "faint" }, `${array.dtype} ${shapeText(array.shape)}`);
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
    if (planes.planes < planes.of)
      parts.push(
        planes.planes === 1 ? `the first of ${planes.of} planes` : `the first ${planes.planes} of ${planes.of} planes`,
      );
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
  const bars = counts.map((n, i) =>
    svg("rect", { x: i * 10 + 1, y: 50 - (48 * n) / most, width: 8, height: (48 * n) / most }),
  );
  return svg(
    "svg",
    {
      class: "histogram" + kind,
      viewBox: `0 0 ${counts.length * 10} 52`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": "histogram",
    },
    bars,
    svg("line", { x1: 0, x2: counts.length * 10, y1: 50.5, y2: 50.5 }),
  );
}

/** How many columns of such texts stand side by side on this screen. */
function columnsThatFit(texts) {
  const widest = Math.max(...texts.map((text) => text.length)) * 7.2 + 12;
  return Math.max(1, Math.floor((Math.min(420, window.innerWidth) - 64) / widest));
}

/** A small array as tables, one for each plane of the last two axes. A row too long for the screen goes on below. */
function tables(array) {
  const planes = planesOf(array);
  const all = el("div", { class: "tables" });
  const leading = array.shape.slice(0, -2);
  for (let p = 0; p < planes.planes; p++) {
    const table = el("table", { class: "array" });
    if (planes.planes > 1) {
      const index = [];
      for (let i = leading.length - 1, rest = p; i >= 0; rest = Math.floor(rest / leading[i]), i--)
        index.unshift(rest % leading[i]);
      table.append(el("caption", {}, `[${index.join(", ")}]`));
    }
    const texts = [];
    for (let r = 0; r < planes.rows; r++)
      for (let c = 0; c < planes.columns; c++) {
        const x = planes.value(p, r, c);
        texts.push(digits(typeof x === "number" ? Number(x.toPrecision(6)) : x));
      }
    const fit = columnsThatFit(texts);
    const wrapped = planes.columns > fit && planes.rows > 1;
    for (let r = 0; r < planes.rows; r++) {
      let row = el("tr", { class: wrapped && "begins" });
      if (wrapped) row.append(el("th", { scope: "row", rowspan: Math.ceil(planes.columns / fit) }, `[${r}]`));
      for (let c = 0; c < planes.columns; c++) {
        if (c && c % fit === 0) {
          table.append(row);
          row = el("tr");
        }
        const x = planes.value(p, r, c);
        const cell = el("td", { title: digits(x, array.dtype) }, texts[r * planes.columns + c]);
        cell.style.background = css(colour(x, planes.low, planes.high).map((v) => Math.round(v + (255 - v) * 0.45)));
        row.append(cell);
      }
      table.append(row);
    }
    all.append(table);
  }
  return all;
}
