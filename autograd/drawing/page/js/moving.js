// The picture moved and zoomed, by pointer and by wheel.

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
  const px = x === undefined ? width / 2 : x,
    py = y === undefined ? height / 2 : y;
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
  const x = spot.x * view2.k + view2.x,
    y = spot.y * view2.k + view2.y;
  const w = Math.min(spot.w * view2.k, width - 2 * edge),
    h = Math.min(spot.h * view2.k, height - 2 * edge);
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
canvas.addEventListener(
  "click",
  (event) => {
    if (dragged) event.stopPropagation();
    dragged = false;
  },
  true,
);
holder.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const box = holder.getBoundingClientRect();
    const unit = event.deltaMode === 1 ? 24 : 1;
    zoom(Math.exp(-event.deltaY * unit * 0.0016), event.clientX - box.left, event.clientY - box.top);
  },
  { passive: false },
);
byId("larger").addEventListener("click", () => zoom(1.3));
byId("smaller").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", fitAll);
