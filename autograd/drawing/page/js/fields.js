// Fields for the numbers that a reader may change: weights, inputs, targets and the learning rate.

const MOST_FIELDS = 64; // of a chosen box
const MOST_LISTED = 12; // in the list of all

/** The number that was typed, or null. */
function typedNumber(text) {
  const cleaned = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  return cleaned !== "" && Number.isFinite(Number(cleaned)) ? Number(cleaned) : null;
}

function numberField(name, value, take, count) {
  const field = el("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": name,
    "data-field": name,
    onkeydown: (event) => {
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      const now = typedNumber(field.value);
      if (!up || now === null) return;
      event.preventDefault();
      const by = 10 ** Math.floor(Math.log10(Math.abs(now) || 1)) / 10;
      field.value = String(Number((now + up * by).toPrecision(12)));
      take(Number(field.value));
    },
    onchange: () => {
      const now = typedNumber(field.value);
      field.setAttribute("aria-invalid", now === null);
      if (now === null) say(`${name}: type a number, such as 0.15 or -1.5e-3.`);
      else take(now);
    },
  });
  field.refreshed = (x) => {
    const typed = document.activeElement === field && typedNumber(field.value) === x;
    if (!typed) field.value = String(Number(x.toPrecision(count)));
  };
  field.refreshed(value);
  return field;
}

let shownFields = []; // [field, number, place in the array]

/** Fields for every entry of a value. */
function fieldsOf(name, number, most = MOST_FIELDS) {
  const { data, shape, kind } = nd.array(v[number]);
  if (data.length > most) return null;
  const columns = shape.length ? shape.at(-1) : 1;
  const group = el("div", { class: "entries", role: "group", "aria-label": name });
  group.style.gridTemplateColumns = `repeat(${Math.min(columns, 5)}, minmax(0, 1fr))`;
  data.forEach((x, i) => {
    const index = nd.strides(shape).map((step, axis) => Math.floor(i / step) % shape[axis]);
    const place = shape.length ? `${name}[${index.join(", ")}]` : name;
    const field = numberField(place, x, (now) => {
      stop();
      remember();
      const entries = Float64Array.from(nd.array(v[number]).data);
      entries[i] = kind === "int64" ? Math.round(now) : now;
      change(number, nd.made(entries, shape, kind));
      showAll(`${place} is ${digits(now)}, ${seedName} = ${digits(lossNow())}`);
    }, data.length > 1 ? 5 : 9);
    shownFields.push([field, number, i]);
    group.append(field);
  });
  return group;
}

// -- the section ------------------------------------------------------------------------------------------------------

function buildLive() {
  const section = byId("live");
  section.hidden = false;
  const names = live.learned.map((key) => label(boxes.get(key)));
  const few = names.length > 8 ? `${names.slice(0, 3).join(", ")} … ${names.at(-1)}` : names.join(", ");
  const rule = names.length ? `A step: w ← w − η ∂${seedName}/∂w for ${few}.` : "";
  const buttons = [
    ["descend-1", "Step", () => severalSteps(1)],
    ["descend-100", "100 steps", () => severalSteps(100)],
    ["descend-all", "Until it converges", untilConverged],
    ["undo", "Back", () => (stop(), goBack())],
    ["reset", "Reset", () => (stop(), reset())],
  ].filter(([id]) => names.length || !id.startsWith("descend"));
  const rateField = el("input", { id: "rate", type: "text", inputmode: "decimal", value: "0.5", autocomplete: "off" });
  section.append(
    el("h2", { id: "live-title" }, "Change it"),
    el("p", { class: "faint" }, `Change a number, and everything follows. ${rule}`),
    names.length ? el("label", { class: "rate" }, "Learning rate η ", rateField) : "",
    el(
      "div",
      { class: "buttons", role: "group", "aria-label": "Learning" },
      buttons.map(([id, text, onclick]) => el("button", { type: "button", id, onclick }, text)),
    ),
    el("p", { id: "loss", role: "status" }),
    el("div", { id: "losses" }),
  );
  const list = el("dl", { class: "fields" });
  const inputs = live.inputs.map((key) => boxes.get(key));
  const images = inputs.filter(isImage);
  const row = (box) => [label(box), live.boxes[box.key][0], box];
  const rows = [...images.map(row), ...live.others, ...inputs.filter((box) => !isImage(box)).map(row)];
  for (const [name, number, box] of rows) {
    const fields = images.includes(box) ? painter(box) : fieldsOf(name, number, MOST_LISTED);
    if (fields) list.append(el("div", {}, el("dt", {}, name), el("dd", {}, fields)));
  }
  section.append(list);
}

function showLive() {
  byId("live").hidden = practising; // a step would show the gradients that are asked for
  const now = lossNow();
  byId("loss").replaceChildren(
    el("b", {}, `${seedName} = ${digits(plain(now))}`),
    ` after ${steps} step${steps === 1 ? "" : "s"}. ${said}`,
  );
  byId("losses").replaceChildren(...(losses.length > 1 ? [curve()] : []));
  byId("undo").disabled = byId("reset").disabled = past.length === 0;
  if (byId("descend-all")) byId("descend-all").textContent = running ? "Stop" : "Until it converges";
  shownFields = shownFields.filter(([field]) => field.isConnected);
  for (const [field, number, i] of shownFields) field.refreshed(nd.array(v[number]).data[i]);
  for (const paint of paintings) paint();
}
