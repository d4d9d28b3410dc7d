// A chosen box: all that is known of it.

function select(key) {
  selected = key;
  update();
  showNode();
  if (key) {
    show(seenAs(boxes.get(key)));
    byId("node").scrollIntoView({ block: "nearest" });
    byId("panel").scrollTop = 0;
    say(
      `${label(boxes.get(key))} chosen: ${ancestors(key).size} ancestors and ${descendants(key).size} descendants lit`,
    );
  }
}

/** Choose a box that may stand in folded modules, and open those. */
function goTo(key) {
  const box = boxes.get(key);
  for (const module of modulesAround(box))
    if (module.depth <= positions[positions.length - 1].depth) folded.delete(module.key);
  draw();
  select(key);
}

const link = (key) => el("button", { type: "button", class: "link", onclick: () => goTo(key) }, label(boxes.get(key)));

/** Functions of (section, box) that add to what is shown of a chosen box. */
const additions = [];

function showNode() {
  const node = byId("node");
  node.hidden = !selected;
  node.replaceChildren();
  if (!selected) return;
  const box = boxes.get(selected);
  const operation = box.operation ? { ...content.operations[box.operation], ...box.stated } : null;
  node.append(
    el("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => select(null) }, "×"),
    el("h2", { id: "node-title" }, box.name || label(box)),
    el(
      "p",
      {},
      el("span", { class: "tag" }, box.role),
      operation && box.name ? `= ${box.made} ` : "",
      operation ? el("code", {}, box.operation) : "",
    ),
  );
  if (box.remark) node.append(el("p", { class: "remark" }, box.remark));
  if (operation) node.append(el("h3", {}, "Formula"), el("div", { class: "formula" }, formula(operation.formula)));
  for (const append of additions) append(node, box);
  if (operation && operation.parts) node.append(el("h3", {}, "Made of"), partsOf(operation));
  if (box.inputs.length) {
    node.append(el("h3", {}, "Inputs"));
    const list = el("dl", { class: "given" });
    for (const [tail, argument] of box.inputs) {
      const input = boxes.get(tail);
      list.append(
        el("dt", {}, argument ? `${argument} =` : ""),
        el("dd", {}, link(tail), " ", el("span", { class: "number" }, inWords(input.value))),
      );
    }
    node.append(list);
  }
  if (box.params) {
    const list = el("dl", { class: "given" });
    for (const [name, value] of Object.entries(box.params))
      list.append(el("dt", {}, name), el("dd", {}, el("code", {}, value)));
    node.append(el("h3", {}, "Arguments"), list);
  }
  const like = box.value ? [box.value.shape, box.value.dtype] : box.like;
  node.append(el("h3", {}, `Value${like ? ` · ${shapeText(like[0])} ${like[1]}` : ""}`));
  node.append(valueNow(box) ? view(box.value) : el("span", { class: "faint" }, "not computed yet at this step"));
  node.append(el("h3", {}, `Gradient ${derivative(box)}`), nodeGradient(box));
  if (operation) {
    const rules = operation.locals
      .map((local, i) => [operation.inputs[operation.variadic ? 0 : i], local])
      .filter(([, local]) => local);
    if (rules.length) {
      node.append(el("h3", {}, "Local derivative"));
      for (const [name, local] of rules)
        node.append(el("div", { class: "formula" }, partial("y", name), formula(local)));
    }
    const numbers = timeline
      .filter((step) => step.kind === "backward" && step.box === box.key)
      .flatMap((step) => step.to);
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

/** What a fused operation is made of, with the formula of each. */
function partsOf(operation) {
  const list = el("dl", { class: "given parts" });
  for (const [name, written] of operation.parts) {
    list.append(el("dt", {}, el("code", {}, name)), el("dd", { class: "formula" }, formula(written)));
  }
  return list;
}

function nodeGradient(box) {
  const gradient = gradientNow(box);
  if (!content.steps.length) return el("span", { class: "faint" }, content.remark || "none");
  if (!box.gradient)
    return el(
      "span",
      { class: "faint" },
      box.role === "constant" || box.role === "detached"
        ? `a ${box.role} value needs none`
        : "the walk does not come here",
    );
  if (!gradient) return el("span", { class: "faint" }, "not reached yet at this step");
  if (gradient.secret) return el("span", { class: "secret" }, "? hidden in practice");
  return el("div", {}, gradient.whole ? null : el("p", { class: "faint" }, "so far:"), view(gradient.array, true));
}

/** "∂y/∂x =" as a formula. */
function partial(of, by) {
  const side = (name) => ["mrow", ["mi", "∂"], ["mi", name]];
  return el("span", {}, formula([["mfrac", side(of), side(by)], `∂${of}/∂${by}`]), " = ");
}
