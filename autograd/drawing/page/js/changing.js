// The page computes: its values by number, what the reader has changed, and the way back. Before this script stand the
// runtime, the ``program``, and ``live``: which numbers belong to which box.

/** The number, or the array, that was packed for JSON. */
function unpackedBytes({ shape, as, bytes: text }) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const data = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };
  return nd.made(Float64Array.from(new data[as](raw)), shape, { u1: "bool", i4: "int64" }[as]);
}

// values by number: arrays are never written into, so that those of a moment ago stay as they were
const v = [];
for (const [number, one] of Object.entries(live.values)) v[number] = unpackedBytes(one);
const recorded = v.slice();

const losses = []; // after each step
const past = []; // {values, losses}: before each change
let steps = 0;
let changed = false;

const numberOf = (box) => live.boxes[box.key][0];

/** The output whose gradient is asked for; of one with several entries, the sum of them times the gradient there. */
function lossNow() {
  return np.sum(np.multiply(v[live.loss], v[live.seed]));
}

function remember() {
  past.push({ values: Object.keys(live.values).map((n) => [n, v[n]]), count: losses.length, steps });
  if (past.length > 500) past.shift();
}

/** Put a new value in the place of what was given, and compute everything from it. */
function change(number, value) {
  v[number] = value;
  computeAll();
}

function computeAll() {
  program.run(v);
  changed = true;
}

function goBack() {
  const before = past.pop();
  if (!before) return;
  for (const [number, value] of before.values) v[number] = value;
  losses.length = before.count;
  steps = before.steps;
  computeAll();
  if (!past.length) restore();
  showAll("One change back.");
}

function reset() {
  if (!past.length) return;
  remember();
  recorded.forEach((value, number) => (v[number] = value));
  losses.length = steps = 0;
  restore();
  showAll("The recorded numbers again.");
}

// -- what the rest of the page shows ----------------------------------------------------------------------------------

const walkSteps = timeline.slice(firstBackward);
const original = new Map(); // of what was recorded
for (const box of boxes.values()) {
  original.set(box, [box.value, box.gradient]);
  box.recordedWindows = box.windows;
  if (box.windows && box.windows.kind !== "left out" && !box.windows.ready) {
    for (const name of ["x", "w", "b", "y", "g", "dx"]) box.windows[name] = floatsOf(box.windows[name]);
    box.windows.ready = true;
  }
}
for (const step of walkSteps) {
  for (const one of step.to) original.set(one, [one.array, one.total, one.local, one.ask, one.hints]);
}

/** The recorded numbers, as the library computed them. */
function restore() {
  changed = false;
  computeAll();
  changed = false;
  for (const box of boxes.values()) {
    [box.value, box.gradient] = original.get(box);
    box.windows = box.recordedWindows;
  }
  for (const step of walkSteps)
    for (const one of step.to) [one.array, one.total, one.local, one.ask, one.hints] = original.get(one);
  sumUp();
}

/** Everything computed goes where the page shows it. */
function spread() {
  for (const box of boxes.values()) {
    const [value, gradient] = original.get(box);
    const [n, g] = live.boxes[box.key] || [-1, -1];
    box.value = n < 0 ? value : described(v[n], value);
    box.gradient = g < 0 ? gradient : described(v[g], gradient);
    if (box.recordedWindows) box.windows = windowsOf(box, live.windows[box.key], v);
  }
  walkSteps.forEach((step, i) => {
    step.to.forEach((one, k) => {
      const [array, total, local, ask] = original.get(one);
      const [n, sum, by] = (live.terms[i] || [])[k] || [-1, -1, -1];
      one.array = n < 0 ? array : described(v[n], array);
      one.total = sum < 0 ? total : described(v[sum], total);
      one.local = by < 0 ? local : described(v[by], local);
      one.hints = undefined; // they tell mistakes with the recorded numbers
      one.ask = ask;
      if (ask && n >= 0) one.ask = [ask[0], plain(np.at(v[n], ask[0]))];
    });
  });
  sumUp();
}

/** The page after a change. */
function showAll(said) {
  if (changed) spread();
  const field = document.activeElement.dataset.field; // what is shown of a chosen box is made anew
  refresh();
  showLive();
  const same = field && [...document.querySelectorAll("#node [data-field]")].find((one) => one.dataset.field === field);
  if (same && document.activeElement === document.body) same.focus();
  if (said) say(said);
}
