// The picture of the graph: boxes, arrows and modules where Graphviz put them, as they are at the present step.

const canvas = byId("graph");
const root = svg("g");
canvas.append(root);
const folded = new Set();
let layout = null; // the layout that is drawn
let drawn = new Map(); // key of a box or a module -> its element and place
let arrows = [];
let selected = null;
const view2 = { x: 0, y: 0, k: 1 };

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
  const frames = svg("g"),
    lines = svg("g"),
    things = svg("g"),
    chips = svg("g", { id: "chips" });
  root.append(frames, lines, things, chips);
  const covers = [];
  for (const [key, place] of Object.entries(layout.modules)) {
    const module = modules.get(key);
    if (!visibleModule(module)) continue;
    if (folded.has(key)) covers.push([module, place]);
    else frames.append(frameOf(module, place));
  }
  for (const [tail, head, path] of layout.arrows) {
    const from = seenEnd(tail),
      to = seenEnd(head);
    if (from === to) continue;
    const tip = to === head; // an arrow into a cover ends under it
    const element = svg(
      "g",
      { class: "arrow" },
      svg("path", { d: pathOf(path, tip) }),
      tip && svg("polygon", { points: tipOf(path), class: "head" }),
      svg("polygon", { points: tipOf(backwards(path)), class: "tail" }),
    );
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
    {
      x: x + 10,
      y: y + 16,
      role: "button",
      tabindex: -1,
      "aria-label": `Fold ${module.path}`,
      onclick: () => fold(module.key),
    },
    `▾ ${shortened(module.name, 40)}`,
    svg("title", {}, `Fold ${module.path}`),
  );
  return svg("g", { class: "frame", "data-key": module.key }, svg("rect", { x, y, width: w, height: h, rx: 10 }), text);
}

function fold(key) {
  if (!folded.delete(key)) folded.add(key);
  const module = modules.get(key);
  // what lies inside opens folded
  if (!folded.has(key)) for (const inner of modules.values()) if (inner.parent === key) folded.add(inner.key);
  const before = drawn.get(key);
  const anchor = before && [before.x, before.y];
  const previous = layout;
  draw();
  if (layout !== previous) {
    const now = drawn.get(key) || placeOfModule(key);
    if (anchor && now) {
      view2.x += (anchor[0] - now.x) * view2.k;
      view2.y += (anchor[1] - now.y) * view2.k;
    }
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
  const thumb = svg("g"),
    gradThumb = svg("g");
  const value = svg("text", { x: 9, y: 31, class: "like" }),
    grad = svg("text", { x: 9, y: 46, class: "grad" });
  const tooltip = svg("title");
  const element = svg(
    "g",
    {
      class: `box ${box.role}`,
      transform: `translate(${x - w / 2} ${y - h / 2})`,
      "data-key": box.key,
      tabindex: -1,
      role: "button",
      onclick: () => select(box.key),
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          select(box.key);
          event.preventDefault();
          event.stopPropagation();
        }
      },
    },
    tooltip,
    svg("path", { class: "shape", d: OUTLINES[box.role](w, h) }),
    box.role === "output" &&
      svg("path", { class: "inner", d: roundedOutline(w - 6, h - 6, 8), transform: "translate(3 3)" }),
    title,
    value,
    grad,
    thumb,
    gradThumb,
  );
  drawn.set(box.key, { element, x: x - w / 2, y: y - h / 2, w, h, box, value, grad, thumb, gradThumb, tooltip });
  return element;
}

function drawModule(module, x, y, w, h) {
  const middle = x + w / 2,
    line = y + h / 2;
  const several = module.operations === 1 ? "" : "s";
  const learned = module.parameters ? `${module.parameters.toLocaleString("en")} parameters` : "";
  const then = learned ? `, ${learned}` : "";
  const text = `${module.operations} operation${several}${then}`;
  const name = `${module.path}${module.kind ? ` (${module.kind})` : ""}`;
  const element = svg(
    "g",
    {
      class: "box module",
      "data-key": module.key,
      tabindex: -1,
      role: "button",
      "aria-label": `Unfold ${module.path}: ${text}`,
      onclick: () => fold(module.key),
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          fold(module.key);
          event.preventDefault();
          event.stopPropagation();
        }
      },
    },
    svg("title", {}, `${name}\n${text}\ngives ${module.shapes.join(", ") || "nothing"}\nclick to unfold`),
    svg("path", { class: "shape", d: roundedOutline(w, h, 10), transform: `translate(${x} ${y})` }),
    svg("text", { x: middle, y: line - 6, "text-anchor": "middle", class: "name" }, `▸ ${shortened(module.name, 36)}`),
    svg("text", { x: middle, y: line + 9, "text-anchor": "middle", class: "like" }, module.kind || text.split(",")[0]),
    svg(
      "text",
      { x: middle, y: line + 21, "text-anchor": "middle", class: "like" },
      module.kind ? `${module.operations} op${several}${then}` : learned,
    ),
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
  const image = svg("image", {
    x: x + (28 - w) / 2,
    y: y + (28 - h) / 2,
    width: w,
    height: h,
    class: "thumb",
    preserveAspectRatio: long || across ? "none" : "xMidYMid meet",
  });
  image.setAttribute("href", array[key]);
  return image;
}

/** What is written in the boxes and how they look, for the present step and choice. */
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
  const used = new Set(
    step.kind === "forward" ? boxes.get(step.box).inputs.map(([tail]) => seenAs(boxes.get(tail))) : [],
  );
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
    const inUp = (key) => key === chosen || seenUp.has(key),
      inDown = (key) => key === chosen || seenDown.has(key);
    element.classList.toggle("up", Boolean(chosen) && inUp(from) && inUp(to));
    element.classList.toggle("down", Boolean(chosen) && inDown(from) && inDown(to));
    element.classList.toggle("flow", step.kind === "forward" && to === now && used.has(from));
    element.classList.toggle("reverse", step.kind === "backward" && to === now && fed.has(from));
  }
  drawChips(step);
}

function updateBox(place) {
  const { box, element } = place;
  const there = valueNow(box),
    gradient = gradientNow(box);
  element.classList.toggle("later", !there || (at >= firstBackward && isOperation(box) && box.gradient && !gradient));
  const value = there ? box.value : null;
  const shape = box.value ? box.value.shape : box.like ? box.like[0] : null;
  const single = isSingle(value);
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
  place.grad.textContent = !gradient
    ? ""
    : gradient.secret
      ? "∂ ?"
      : gradThumb
        ? "∂"
        : `∂ ${gradientText(gradient.array)}`;
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
  if (isSingle(array)) return brief(array.values[0]);
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
    const amount = isSecret(one)
      ? "?"
      : isSingle(one.array)
        ? brief(one.array.values[0], 4)
        : "▦";
    const text = `${one.number ? "+=" : "="} ${amount}`;
    const width = text.length * 6.6 + 12;
    const level = stacked.get(one.to) || 0;
    stacked.set(one.to, level + 1);
    layer.append(
      svg(
        "g",
        { class: "chip", transform: `translate(${place.x + place.w - width + 8} ${place.y - 11 - level * 20})` },
        svg("rect", { width, height: 18, rx: 9 }),
        svg("text", { x: width / 2, y: 13, "text-anchor": "middle" }, text),
      ),
    );
  }
}
