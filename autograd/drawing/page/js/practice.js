// Practice: gradients are hidden; those of values that have a name are asked for, and seen once they were answered or
// given up. What has no name lies between: its gradients are seen when nothing that depends on them is asked any more.

let practising = false;
const revealed = new Set(); // ids of contributions
const answered = new Map(); // id -> whether the first answer was right
const drafts = new Map(); // id -> {text, verdict, right} typed last

const NOT_ASKED = "has no name, and is not asked for: work out what it goes into.";

const isAsked = (box) =>
  isOperation(box) ? Boolean(box.name) : !content.asked || content.asked.includes(box.name);

const isOpen = (one) => isAsked(one.box) && !revealed.has(one.id) && askable(one) !== null;

let between = null; // keys of the boxes whose gradients something that is still asked for depends on

function neededBetween() {
  if (between) return between;
  between = new Set();
  for (let index = timeline.length - 1; index >= firstBackward; index--) {
    const step = timeline[index];
    if (step.to.some((one) => isOpen(one) || (!isAsked(one.box) && between.has(one.to)))) between.add(step.box);
  }
  return between;
}

const isSecret = (one) => practising && (isAsked(one.box) ? isOpen(one) : neededBetween().has(one.to));

/** Whether practice passes a step over: nothing is asked at it. */
function isPassed(index) {
  const step = timeline[index];
  return practising && step.kind === "backward" && !step.to.some((one) => isAsked(one.box) && askable(one));
}

/** What the nearest values with a name are called that a box is or goes into. */
function namedAbove(box) {
  const names = new Set();
  const seen = new Set([box.key]);
  for (const key of seen) {
    const one = boxes.get(key);
    if (isSeed(key)) names.add(seedName);
    else if (isAsked(one)) names.add(label(one));
    else for (const user of one.users) seen.add(user);
  }
  return [...names].join(" and ");
}

/** [where, true value] of what is asked, or null where there is nothing to ask for. */
function askable(one) {
  if (one.ask) return [`[${one.ask[0].join(", ")}]`, one.ask[1]];
  return isSingle(one.array) ? ["", one.array.values[0]] : null;
}

/** {right, text}: a number counts as right if it is the true one rounded to the digits typed. A wrong one that a
 * classic mistake gives is told which; ``hints`` are [its number, what was done wrong]. */
function judge(typed, truth, dtype, hints) {
  const text = typed.trim().replace(/[−–]/g, "-").replace(",", ".").replace(/\s/g, "");
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (typeof truth === "string") {
    const same = text.toLowerCase() === { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" }[truth];
    return { right: same, final: true, text: same ? "Right." : "Wrong." };
  }
  if (!parts || !(parts[2] + parts[3]))
    return { right: false, final: false, text: "Type a number, such as 0.0822 or −1.5e−3." };
  const value = Number(text);
  const unit = 10 ** ((parts[4] ? Number(parts[4]) : 0) - parts[3].length);
  const slack = Math.abs(truth) * { float64: 1e-12, float32: 3e-7, float16: 2e-3 }[dtype || "float64"];
  const off = Math.abs(value - truth);
  const significant = (parts[2] + parts[3]).replace(/^0+/, "").length;
  if (off > unit / 2 + slack) {
    const opposite = Math.abs(value + truth) <= unit / 2 + slack && truth !== 0;
    const hint = significant > 1 && (hints || []).find(([number]) => Math.abs(value - number) <= unit / 2 + slack);
    const told = hint ? `Wrong: that is what comes out when ${hint[1]}.` : "Wrong to the digits typed.";
    return { right: false, final: true, text: opposite ? "Wrong: the sign is the other one." : told };
  }
  if (off > slack && significant < 2)
    return { right: false, final: false, text: "Not wrong, but give two significant digits at least." };
  return { right: true, final: true, text: `Right to the digits typed (${significant || 1}).` };
}

function question(one) {
  const [place, truth] = askable(one);
  const target = `${derivative(one.box)}${place}`;
  const draft = drafts.get(one.id) || { text: "", verdict: "", right: null };
  const input = el("input", {
    type: "text",
    inputmode: "text",
    autocomplete: "off",
    spellcheck: "false",
    id: `answer-${one.id}`,
    "data-answer": one.id,
    placeholder: "number",
  });
  input.value = draft.text;
  input.addEventListener("input", () => drafts.set(one.id, { ...draft, text: input.value }));
  const verdict = el(
    "span",
    { class: `verdict ${draft.right === null ? "" : draft.right ? "right" : "wrong"}`, role: "status" },
    draft.verdict,
  );
  const through = boxes.get(timeline[one.step].box);
  const form = el(
    "form",
    { class: "ask" },
    el("label", { for: `answer-${one.id}` }, `${one.of > 1 ? "This term of " : ""}${target} = `),
    input,
    el("button", { type: "submit" }, "Check"),
    el("button", { type: "button", class: "give-up", onclick: () => reveal(one, false) }, "Show"),
    verdict,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const result = judge(input.value, truth, one.box.gradient && one.box.gradient.dtype, one.hints);
    if (result.final && !answered.has(one.id)) answered.set(one.id, result.right);
    drafts.set(one.id, { text: input.value, verdict: result.text, right: result.final ? result.right : null });
    if (result.right) reveal(one, true, result.text);
    else {
      verdict.textContent = result.text;
      verdict.className = `verdict ${result.final ? "wrong" : ""}`;
      showScore();
      input.focus();
      input.select();
      inSight(verdict);
    }
  });
  if (isAsked(through) && one.of === 1) return form;
  return el("div", {}, el("p", { class: "faint" }, `by way of ${namedAbove(through)}`), form);
}

function reveal(one, right, text) {
  if (!answered.has(one.id)) answered.set(one.id, right);
  revealed.add(one.id);
  between = null;
  showScore();
  refresh();
  const shown = `Shown: ${derivative(one.box)}${askable(one)[0]} is ${digits(askable(one)[1])}.`;
  const verdict = el("div", { class: `verdict ${right ? "right" : ""}` }, right ? text : shown);
  const card = document.querySelector(`.sum[data-id="${one.id}"]`);
  if (card) card.append(verdict);
  say(right ? text : "Shown.");
  const next = document.querySelector("#step form.ask input");
  (next || byId("next")).focus();
  inSight(verdict);
}

/** Scroll a verdict into view, which may lie below what a small screen shows. */
function inSight(verdict) {
  verdict.scrollIntoView({ block: "nearest" });
}

function showScore() {
  const total = answered.size,
    right = [...answered.values()].filter(Boolean).length;
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
    between = null;
  }
  byId("practice").setAttribute("aria-pressed", practising);
  showScore();
  if (practising && at < firstBackward && timeline.length > firstBackward) {
    goToStep(firstBackward - 1);
    goOn(1);
    const first = document.querySelector("#step form.ask input");
    if (first) first.focus();
  } else refresh();
  say(practising ? "Practice: gradients are hidden" : "Practice is off");
});
