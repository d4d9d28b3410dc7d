// Windows over images: grids of pixels, one of which is picked, and what belongs to it. Every image is a volume here:
// a picture is one of a single slice, a row a picture of a single line.

function floatsOf(text) {
  if (text === null || text === undefined) return null;
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(raw.buffer);
}

// What was picked in each overlay, so that stepping on does not lose it.
const picked = new Map();

const LEFT_OUT =
  "Its windows are not in this page, which would be too large: draw a tape of this layer alone, with one image.";

const RECORDED = "Its windows are known for the recorded numbers alone: reset the page to see them.";

function appendOverlay(section, box) {
  if (!box.windows) return;
  const why = { "left out": LEFT_OUT, recorded: RECORDED }[box.windows.kind];
  section.append(why ? el("p", { class: "faint" }, why) : overlayOf(box));
}

function overlayOf(box) {
  const data = box.windows;
  if (!data.ready) {
    for (const name of ["x", "w", "b", "y", "g", "dx"]) data[name] = floatsOf(data[name]);
    data.ready = true;
  }
  if (!picked.has(box.key)) picked.set(box.key, { mode: "out", o: 0, c: 0, slice: 0, tap: 0, at: [0, 0] });
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
  const width = (columns + pad[1] + pad[3]) * size,
    height = (rows + pad[0] + pad[2]) * size;
  let low = 0,
    high = 0;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const x = value(r, c);
      if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
    }
  const picture = svg("svg", {
    class: "grid",
    width: width + 2,
    height: height + 2,
    viewBox: `-1 -1 ${width + 2} ${height + 2}`,
    role: "img",
    "aria-label": title,
  });
  const place = (r, c) => ({ x: (c + pad[1]) * size, y: (r + pad[0]) * size, width: size, height: size });
  if (pad.some(Boolean)) picture.append(svg("rect", { class: "pad", x: 0, y: 0, width, height }));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = value(r, c);
      const cell = svg("rect", {
        ...place(r, c),
        class: "cell",
        fill: Number.isNaN(x) && options.secret ? "#bbb" : css(colour(x, low, high)),
      });
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
    picture.setAttribute(
      "aria-label",
      `${title}; arrow keys choose a pixel${options.picked ? `, now ${options.picked}` : ""}`,
    );
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
  const options = Array.from({ length: count }, (_, i) =>
    el("option", { value: i, selected: i === current }, String(i)),
  );
  return el(
    "label",
    {},
    `${text} `,
    el("select", { onchange: (event) => change(Number(event.target.value)) }, options),
    of > count ? ` of ${of}` : "",
  );
}

/** Whether practice still hides this box's gradient. */
const gradientHidden = (box) => {
  const gradient = gradientNow(box);
  return !gradient || Boolean(gradient.secret);
};

/** A place [slice, line, column] as the arrays have it: pictures have no slices, rows no lines. */
const placed = (data, place) => place.slice(3 - data.rank).join(", ");

/** ", slice 2" of a volume. */
const inSlice = (data, slice) => (data.rank === 3 ? `, slice ${slice}` : "");

const inside = ([d, i, j], [D, H, W]) => d >= 0 && i >= 0 && j >= 0 && d < D && i < H && j < W;

const ofImages = (data) => (data.images > 1 ? el("span", { class: "faint" }, `image 0 of ${data.images}`) : "");
