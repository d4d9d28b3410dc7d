// The beginning: what the page shows first.

function legend() {
  const roles = new Set(content.boxes.filter((box) => !box.hidden).map((box) => box.role));
  const names = {
    leaf: "leaf",
    parameter: "parameter",
    constant: "constant",
    detached: "detached",
    operation: "operation",
    output: "output",
    gone: "gone",
  };
  for (const [role, name] of Object.entries(names)) {
    if (!roles.has(role)) continue;
    const sign = svg(
      "svg",
      { viewBox: "-1 -1 24 18", class: `box ${role}` },
      svg("path", { class: "shape", d: OUTLINES[role](22, 16) }),
    );
    byId("legend").append(el("li", {}, sign, name));
  }
}

function begin() {
  paint();
  byId("title").append(shortened(content.title, 60), el("small", {}, " · step through backward"));
  const depth = byId("depth");
  depth.append(el("option", { value: "", hidden: true }, "as chosen"));
  for (const one of positions) {
    const name =
      one.depth === 0 ? "folded" : one.depth === positions.length - 1 ? "all open" : `open ${one.depth} deep`;
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
if (content.practice && content.steps.length) byId("practice").click();
