// The present step, with its formula and numbers.

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
    const forward = `${firstBackward - 1} operations`;
    const backward = timeline.length - firstBackward;
    const all = backward > 0 ? `${forward} forward, then ${backward} steps backward` : forward;
    section.append(
      el("h2", { id: "step-title" }, "The whole picture"),
      el("p", {}, `${all}. Choose a box, or press Next to step through.`),
    );
    if (seeds.length && !seeds.some((box) => box.name === seedName))
      section.append(el("p", { class: "faint" }, `${seedName} stands for ${seeds.map(label).join(" and ")}.`));
    if (content.remark) section.append(el("p", { class: "remark" }, content.remark));
    if (content.still) section.append(el("p", { class: "faint" }, content.still));
    if (practising)
      section.append(
        el(
          "p",
          { class: "remark" },
          "Practice: gradients are hidden. Step to the walk backward and type what you worked out.",
        ),
      );
    return;
  }
  const box = boxes.get(step.box);
  const operation = { ...content.operations[box.operation], ...box.stated };
  section.append(
    el(
      "h2",
      { id: "step-title" },
      el("span", { class: `tag ${step.kind}` }, step.kind === "forward" ? "forward" : "backward"),
      equation(box),
    ),
  );
  if (step.kind === "forward") showForward(section, box, operation);
  else showBackward(section, step, box, operation);
}

function showForward(section, box, operation) {
  section.append(el("div", { class: "formula" }, formula(operation.formula)));
  const list = el("dl", { class: "given" });
  for (const [tail, argument] of box.inputs) {
    list.append(
      el("dt", {}, `${argument} =`),
      el("dd", {}, link(tail), " ", el("span", { class: "number" }, inWords(boxes.get(tail).value))),
    );
  }
  section.append(list, el("h3", {}, `${label(box)} =`), view(box.value));
  appendOverlay(section, box);
}

function showBackward(section, step, box, operation) {
  const gradient = gradientNow(box);
  section.append(el("h3", {}, step.seed ? "The walk starts here with" : "In comes"));
  section.append(
    el(
      "div",
      {},
      el("span", { class: "g" }, `${derivative(box)} = `),
      gradient && !gradient.secret ? view(gradient.array, true) : el("span", { class: "secret" }, "?"),
    ),
  );
  if (!step.to.length) section.append(el("p", { class: "faint" }, "None of its inputs needs a gradient."));
  else
    section.append(
      el("h3", {}, `Out go, for ${operation.formula ? "" : "y = "}`),
      el("div", { class: "formula" }, formula(operation.formula)),
    );
  for (const one of step.to) section.append(showContribution(one, box, operation));
  const idle = box.inputs.filter(([tail]) => !step.to.some((one) => one.to === tail));
  if (idle.length && step.to.length)
    section.append(
      el("p", { class: "faint" }, `${idle.map(([tail]) => label(boxes.get(tail))).join(", ")}: no gradient asked for.`),
    );
  appendOverlay(section, box);
  const most = heldAfter(firstBackward - 1);
  const names = step.kept.join(", ");
  const said = step.freed
    ? `backward() frees ${bytes(step.freed)} here, kept for the rules (${names}).`
    : names
      ? `backward() frees nothing here: what it kept (${names}) older steps or leaves hold too.`
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
  const given = [[name, one.box]].concat(
    box.inputs.filter(([, argument]) => argument !== name).map(([tail, argument]) => [argument, boxes.get(tail)]),
  );
  card.append(
    el(
      "p",
      { class: "faint" },
      given
        .slice(0, 3)
        .map(([argument, other]) => `${argument} is ${label(other)}`)
        .join(", "),
    ),
  );
  if (isSecret(one)) {
    card.append(isAsked(one.box) ? question(one) : el("p", { class: "secret" }, `? ${NOT_ASKED}`));
    return card;
  }
  const incoming = gradientNow(box);
  const single = isSingle(one.array);
  const number = (array) => digits(array.values[0], array.dtype);
  if (single) {
    const line = el("div", { class: "line" });
    if (isSingle(one.local) && incoming && isSingle(incoming.array)) {
      line.append(el("span", { class: "g" }, number(incoming.array)), ` × ${bracketed(number(one.local))} = `);
    }
    line.append(el("b", { class: "g number" }, number(one.array)));
    card.append(line);
    if (one.number) {
      card.append(
        el(
          "div",
          { class: "line" },
          `${number(one.before)} `,
          el("span", { class: "plus" }, "+"),
          ` ${bracketed(number(one.array))} = `,
          el("b", { class: "g" }, number(one.after)),
        ),
      );
    }
  } else {
    if (one.local) card.append(el("div", { class: "faint" }, "local derivative:"), view(one.local));
    if (one.summed)
      card.append(
        el(
          "p",
          { class: "faint" },
          `broadcasting undone: ${shapeText(one.summed)} summed to ${shapeText(one.array ? one.array.shape : [])}`,
        ),
      );
    card.append(el("div", { class: "faint" }, one.of > 1 ? "added:" : "gives:"), view(one.array, true));
    if (one.number) card.append(el("div", { class: "faint" }, "the sum now:"), view(one.after, true));
  }
  if (single && one.summed)
    card.append(el("p", { class: "faint" }, `broadcasting undone: ${shapeText(one.summed)} summed to a scalar`));
  card.append(
    el(
      "div",
      { class: one.number === one.of - 1 ? "done" : "faint" },
      one.number === one.of - 1
        ? `${derivative(one.box)} is complete${one.of > 1 ? `: ${one.of} terms` : ""}.`
        : `term ${one.number + 1} of ${one.of}: more will be added.`,
    ),
  );
  return card;
}

const bracketed = (text) => (text.startsWith(MINUS) ? `(${text})` : text);
