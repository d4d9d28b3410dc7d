// The steps, and what is known at each: ``timeline[0]`` is the whole picture; then come the operations forward; then
// the walk backward.

const timeline = [{ kind: "whole" }];
for (const box of content.boxes) if (isOperation(box)) timeline.push({ kind: "forward", box: box.key });
const computedAt = new Map(timeline.map((step, index) => [step.box, index]));
const firstBackward = timeline.length;
for (const step of content.steps) timeline.push({ kind: "backward", ...step });
let at = 0;

const seeds = content.steps.filter((step) => step.seed).map((step) => boxes.get(step.box));
// as checks and explanations call what is differentiated
const seedName =
  seeds.length !== 1 ? "L" : seeds[0].name ? shortened(seeds[0].name, 24) : isSingle(seeds[0].gradient) ? "y" : "L";
const isWord = (text) => /^[\p{L}\p{N}_.′[\]⁽⁰¹²³⁴⁵⁶⁷⁸⁹⁾]+$/u.test(text);
const derivative = (box) => `∂${seedName}/∂${isWord(label(box)) ? label(box) : `(${label(box)})`}`;

// For each box, the contributions to its gradient in the order of the walk.
const contributions = new Map();
timeline.forEach((step, index) => {
  if (step.kind !== "backward") return;
  step.to.forEach((one, place) => {
    one.step = index;
    one.id = `${index}:${place}`;
    one.box = boxes.get(one.to);
    if (!contributions.has(one.to)) contributions.set(one.to, []);
    one.number = contributions.get(one.to).length;
    contributions.get(one.to).push(one);
  });
});
/** The sums before and after each term, from the terms. */
function sumUp() {
  for (const [key, list] of contributions) {
    const box = boxes.get(key);
    let total = null;
    for (const one of list) {
      one.of = list.length;
      if (list.length === 1) one.array = box.gradient; // the page has it once
      one.before = total;
      if (isSingle(one.array))
        total = { ...one.array, values: [total ? add(total.values[0], one.array.values[0]) : one.array.values[0]] };
      else total = one.total || one.array;
      if (one.number === list.length - 1) total = box.gradient;
      one.after = total;
    }
  }
}
sumUp();

function add(a, b) {
  return typeof a === "string" || typeof b === "string" ? String(Number(a) + Number(b)) : a + b;
}

const isSeed = (key) => seeds.some((box) => box.key === key);

/** {array, whole} of a box's gradient as far as the walk has come, or null; "secret" while practice hides it. */
function gradientNow(box) {
  if (!box.gradient || !content.steps.length) return null;
  if (at > 0 && at < firstBackward) return null;
  const list = (contributions.get(box.key) || []).filter((one) => at === 0 || one.step <= at);
  const hidden = list.some(isSecret);
  if (isSeed(box.key) && !list.length) return { array: box.gradient, whole: true };
  if (!list.length) return null;
  if (hidden) return { secret: true };
  const last = list[list.length - 1];
  return { array: last.after, whole: last.number === last.of - 1 };
}

/** Whether the value of a box is there at this step. */
function valueNow(box) {
  if (at === 0 || at >= firstBackward || !isOperation(box)) return true;
  return computedAt.get(box.key) <= at;
}

function stepTitle(index) {
  const step = timeline[index];
  if (step.kind === "whole") return "The whole picture";
  const box = boxes.get(step.box);
  return step.kind === "forward" ? `Forward: ${equation(box)}` : `Backward through ${equation(box)}`;
}

/** The step in one sentence, for the list and for a screen reader. */
function stepSentence(index) {
  const step = timeline[index];
  if (step.kind === "whole") return "The whole picture: every value and every gradient.";
  const box = boxes.get(step.box);
  if (step.kind === "forward") return `${stepTitle(index)}: ${inWords(box.value)}`;
  const parts = step.to.map((one) => {
    const sign = one.number ? "+=" : "=";
    return `${derivative(one.box)} ${sign} ${isSecret(one) ? "?" : inWords(one.array)}`;
  });
  return `${stepTitle(index)}: ${parts.join("; ") || "no input needs a gradient"}`;
}

function inWords(array) {
  if (!array) return "not kept";
  if (isSingle(array)) return digits(array.values[0], array.dtype);
  if (array.values && array.values.length === 0) return `empty, shape ${shapeText(array.shape)}`;
  if (array.values && array.values.length <= 4) return `[${array.values.map((x) => brief(x)).join(", ")}]`;
  const range = rangeOf(array);
  return `shape ${shapeText(array.shape)}${range ? `, ${brief(range[0], 3)} … ${brief(range[1], 3)}` : ""}`;
}

function rangeOf(array) {
  if (array.values) {
    const finite = array.values.filter((x) => typeof x === "number");
    return finite.length ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))] : null;
  }
  return array.low === undefined ? null : [array.low, array.high];
}
