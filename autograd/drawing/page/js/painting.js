// An input image to draw on, with the mouse, a finger or the keys.

const paintings = [];

/** Whether a value is a picture to draw on: an input, not a weight, of at least 5 × 5 pixels. */
function isImage(box) {
  const { shape } = nd.array(v[numberOf(box)]);
  const [rows, columns] = shape.slice(-2);
  return shape.length > 1 && rows > 4 && columns > 4 && rows < 65 && columns < 65 && !live.learned.includes(box.key);
}

function painter(box) {
  const number = numberOf(box);
  const { shape, data } = nd.array(v[number]);
  const [rows, columns] = shape.slice(-2);
  const low = data.reduce((a, b) => Math.min(a, b)),
    high = Math.max(low + 1e-9, data.reduce((a, b) => Math.max(a, b)));
  const top = high > low + 1e-6 ? high : low + 1;
  const size = Math.max(4, Math.floor(260 / Math.max(rows, columns)));
  const surface = el("canvas", {
    width: columns * size,
    height: rows * size,
    class: "paint",
    tabindex: 0,
    role: "application",
    "aria-label": `${label(box)}: draw with the mouse; arrow keys move, Space draws, Delete erases`,
  });
  let cursor = null,
    drawing = false,
    waiting = false;

  const paint = () => {
    const context = surface.getContext("2d");
    const now = nd.array(v[number]).data;
    for (let i = 0; i < rows * columns; i++) {
      const [r, c] = [Math.floor(i / columns), i % columns];
      context.fillStyle = css(colour(now[i], Math.min(low, 0), top));
      context.fillRect(c * size, r * size, size, size);
    }
    if (!cursor) return;
    context.strokeStyle = "#d55e00";
    context.lineWidth = 2;
    context.strokeRect(cursor[1] * size + 1, cursor[0] * size + 1, size - 2, size - 2);
  };

  /** Ink on a pixel of the first image, half as much beside it; an eraser takes it away there. */
  const touch = (r, c, erase) => {
    const entries = Float64Array.from(nd.array(v[number]).data);
    const planes = shape.length > 2 ? shape.at(-3) : 1;
    for (const [dr, dc, part] of [[0, 0, 1], [0, 1, 0.5], [1, 0, 0.5], [0, -1, 0.5], [-1, 0, 0.5]]) {
      const [y, x] = [r + dr, c + dc];
      if (y < 0 || x < 0 || y >= rows || x >= columns || (erase && part < 1)) continue;
      for (let p = 0; p < planes; p++) {
        const at = (p * rows + y) * columns + x;
        entries[at] = erase ? low : Math.max(entries[at], low + part * (top - low));
      }
    }
    v[number] = nd.made(entries, shape);
    paint();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      computeAll();
      showAll("");
    });
  };

  const pixelAt = (event) => {
    const frame = surface.getBoundingClientRect();
    const place = (x, from, length, n) => Math.min(n - 1, Math.max(0, Math.floor(((x - from) / length) * n)));
    const row = place(event.clientY, frame.top, frame.height, rows);
    return [row, place(event.clientX, frame.left, frame.width, columns)];
  };
  surface.addEventListener("pointerdown", (event) => {
    stop();
    remember();
    drawing = true;
    surface.setPointerCapture(event.pointerId);
    touch(...pixelAt(event), event.shiftKey || event.button === 2);
    event.preventDefault();
  });
  surface.addEventListener("pointermove", (event) => {
    if (drawing) touch(...pixelAt(event), event.shiftKey || event.buttons === 2);
  });
  for (const name of ["pointerup", "pointercancel"]) surface.addEventListener(name, () => (drawing = false));
  surface.addEventListener("contextmenu", (event) => event.preventDefault());
  surface.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const ink = event.key === " " || event.key === "Delete";
    if (!move && !ink) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = cursor || [0, 0];
    if (move) {
      cursor = [Math.min(rows - 1, Math.max(0, r + move[0])), Math.min(columns - 1, Math.max(0, c + move[1]))];
      say(`pixel ${cursor.join(", ")}: ${brief(nd.array(v[number]).data[cursor[0] * columns + cursor[1]], 3)}`);
      return paint();
    }
    stop();
    remember();
    touch(r, c, event.key === "Delete");
  });
  const clear = () => {
    stop();
    remember();
    const first = Math.min(data.length, (shape.length > 2 ? shape.at(-3) : 1) * rows * columns);
    change(number, nd.made(Float64Array.from(nd.array(v[number]).data).fill(low, 0, first), shape));
    showAll("The picture is empty.");
  };
  paintings.push(paint);
  paint();
  return el(
    "div",
    { class: "painter" },
    surface,
    el("button", { type: "button", onclick: clear }, "Clear"),
    el("p", { class: "faint" }, "Draw with the mouse or a finger; Shift erases."),
  );
}

additions.push((section, box) => {
  if (practising || !live.inputs.includes(box.key) || isImage(box)) return;
  const fields = fieldsOf(label(box), numberOf(box));
  if (fields) section.append(el("h3", {}, "Change it"), fields);
});

byId("practice").addEventListener("click", () => {
  stop();
  showLive();
});

program.run(v);
buildLive();
showLive();
