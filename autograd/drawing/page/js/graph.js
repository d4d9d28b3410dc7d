// The graph: boxes and modules by key, what they are called, and which came from which.

const boxes = new Map(content.boxes.map((box) => [box.key, box]));
const modules = new Map(content.modules.map((module) => [module.key, module]));
for (const box of boxes.values()) {
  box.users = [];
  box.value = unpacked(box.value);
  box.gradient = unpacked(box.gradient);
}
for (const step of content.steps) {
  for (const one of step.to) for (const name of ["array", "total", "local"]) one[name] = unpacked(one[name]);
}

/** An array as the page knows it; a scalar of float64 comes as the number itself. */
function unpacked(array) {
  if (array === undefined) return null;
  return typeof array === "object" ? array : { shape: [], dtype: "float64", values: [array] };
}

/** Whether an array is one number. */
const isSingle = (array) => Boolean(array && array.values && array.values.length === 1);

for (const box of boxes.values()) {
  for (const [tail] of box.inputs) boxes.get(tail).users.push(box.key);
}

const isOperation = (box) => box.role === "operation" || box.role === "output";

const label = (box) => box.label;

/** "net = w × x + b" of what has a name, else the label, which says how it came about. */
const equation = (box) => (box.name && box.made ? `${box.label} = ${box.made}` : box.label);

/** The modules around a box, outermost first. */
function modulesAround(box) {
  const around = [];
  for (let key = box.module; key; key = modules.get(key).parent) around.unshift(modules.get(key));
  return around;
}

/** Everything that the boxes came from, or that came from them. */
function reach(key, neighbours) {
  const seen = new Set([key]);
  for (const at of seen) for (const next of neighbours(boxes.get(at))) seen.add(next);
  seen.delete(key);
  return seen;
}
const ancestors = (key) => reach(key, (box) => box.inputs.map(([tail]) => tail));
const descendants = (key) => reach(key, (box) => box.users);
