// Entry by entry: NumPy's ufuncs, with broadcasting.

nd.broadcast = (...shapes) => {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + i] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
};

np.broadcast_to = (x, shape) => {
  const array = nd.array(x),
    lead = shape.length - array.shape.length;
  if (!lead && array.shape.every((n, i) => n === shape[i])) return x;
  const own = nd.strides(array.shape);
  const strides = shape.map((_, i) => (i < lead || array.shape[i - lead] === 1 ? 0 : own[i - lead]));
  return nd.gather(array, nd.places(shape, strides), shape);
};

nd.unary = (f, kind = "float64") => (x) => {
  if (typeof x !== "object") return f(x);
  const array = nd.array(x);
  const data = new Float64Array(array.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(array.data[i]);
  return nd.made(data, array.shape, kind);
};

nd.binary = (f, kind = "float64") => (a, b) => {
  if (typeof a !== "object" && typeof b !== "object") return f(a, b);
  let x = nd.array(a),
    y = nd.array(b);
  const same = x.shape.length === y.shape.length && x.shape.every((n, i) => n === y.shape[i]);
  const shape = same ? x.shape : nd.broadcast(x.shape, y.shape);
  const data = new Float64Array(nd.size(shape));
  if (!same && x.data.length === 1 && y.data.length > 1) {
    const left = x.data[0];
    for (let i = 0; i < data.length; i++) data[i] = f(left, y.data[i]);
  } else if (!same && y.data.length === 1) {
    const right = y.data[0];
    for (let i = 0; i < data.length; i++) data[i] = f(x.data[i], right);
  } else {
    x = nd.array(np.broadcast_to(x, shape));
    y = nd.array(np.broadcast_to(y, shape));
    for (let i = 0; i < data.length; i++) data[i] = f(x.data[i], y.data[i]);
  }
  return nd.made(data, shape, kind);
};

nd.added = nd.binary((a, b) => a + b);
nd.multiplied = nd.binary((a, b) => a * b);
/** Lists are joined, as Python does. */
np.add = (a, b) => (Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : nd.added(a, b));
np.multiply = (a, b) => (Array.isArray(a) && typeof b === "number" ? nd.repeated(a, b) : nd.multiplied(a, b));
nd.repeated = (list, count) => Array.from({ length: Math.max(0, count) }, () => list).flat();
np.subtract = nd.binary((a, b) => a - b);
np.divide = nd.binary((a, b) => a / b);
np.power = nd.binary((a, b) => a ** b);
np.floor_divide = nd.binary((a, b) => Math.floor(a / b));
np.remainder = nd.binary((a, b) => a - Math.floor(a / b) * b);
np.maximum = nd.binary((a, b) => Math.max(a, b));
np.minimum = nd.binary((a, b) => Math.min(a, b));
np.arctan2 = nd.binary((a, b) => Math.atan2(a, b));
np.hypot = nd.binary((a, b) => Math.hypot(a, b));
np.copysign = nd.binary((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)));
np.logaddexp = nd.binary((a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))));

nd.equal = nd.binary((a, b) => a === b, "bool");
np.equal = (a, b) => (Array.isArray(a) && Array.isArray(b) ? String(a) === String(b) : nd.equal(a, b));
np.not_equal = nd.binary((a, b) => a !== b, "bool");
np.less = nd.binary((a, b) => a < b, "bool");
np.less_equal = nd.binary((a, b) => a <= b, "bool");
np.greater = nd.binary((a, b) => a > b, "bool");
np.greater_equal = nd.binary((a, b) => a >= b, "bool");
np.logical_and = nd.binary((a, b) => Boolean(a && b), "bool");
np.logical_or = nd.binary((a, b) => Boolean(a || b), "bool");
np.logical_not = nd.unary((x) => !x, "bool");
np.isnan = nd.unary((x) => Number.isNaN(x), "bool");
np.isfinite = nd.unary((x) => Number.isFinite(x), "bool");
np.isinf = nd.unary((x) => Math.abs(x) === Infinity, "bool");

np.negative = nd.unary((x) => -x);
np.abs = nd.unary((x) => Math.abs(x));
np.absolute = np.abs;
np.sign = nd.unary((x) => Math.sign(x));
np.sqrt = nd.unary((x) => Math.sqrt(x));
np.cbrt = nd.unary((x) => Math.cbrt(x));
np.square = nd.unary((x) => x * x);
np.reciprocal = nd.unary((x) => 1 / x);
np.exp = nd.unary((x) => Math.exp(x));
np.expm1 = nd.unary((x) => Math.expm1(x));
np.log = nd.unary((x) => Math.log(x));
np.log1p = nd.unary((x) => Math.log1p(x));
np.log2 = nd.unary((x) => Math.log2(x));
np.log10 = nd.unary((x) => Math.log10(x));
np.sin = nd.unary((x) => Math.sin(x));
np.cos = nd.unary((x) => Math.cos(x));
np.tan = nd.unary((x) => Math.tan(x));
np.arcsin = nd.unary((x) => Math.asin(x));
np.arccos = nd.unary((x) => Math.acos(x));
np.arctan = nd.unary((x) => Math.atan(x));
np.sinh = nd.unary((x) => Math.sinh(x));
np.cosh = nd.unary((x) => Math.cosh(x));
np.tanh = nd.unary((x) => Math.tanh(x));
np.arcsinh = nd.unary((x) => Math.asinh(x));
np.arccosh = nd.unary((x) => Math.acosh(x));
np.arctanh = nd.unary((x) => Math.atanh(x));
np.floor = nd.unary((x) => Math.floor(x));
np.ceil = nd.unary((x) => Math.ceil(x));
np.trunc = nd.unary((x) => Math.trunc(x));
/** Halves go to the even number. */
np.round = nd.unary((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)));

np.clip = (x, low, high) => {
  const raised = low === null ? x : np.maximum(x, low);
  return high === null ? raised : np.minimum(raised, high);
};

np.where = (condition, a, b) => {
  if (typeof condition !== "object" && typeof a !== "object" && typeof b !== "object") return condition ? a : b;
  const shape = nd.broadcast(np.shape(condition), np.shape(a), np.shape(b));
  const [c, x, y] = [condition, a, b].map((one) => nd.array(np.broadcast_to(one, shape)));
  const data = new Float64Array(c.data.length);
  for (let i = 0; i < data.length; i++) data[i] = c.data[i] ? x.data[i] : y.data[i];
  return nd.made(data, shape, x.kind === y.kind ? x.kind : "float64");
};

/** A polynomial by its coefficients, the highest power first. */
np.polynomial = (coefficients, x) => nd.list(coefficients).reduce((y, c) => np.add(np.multiply(y, x), c));
