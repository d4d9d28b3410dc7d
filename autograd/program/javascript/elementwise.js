// Entry by entry: NumPy's ufuncs, with broadcasting.

np._broadcast = (...shapes) => {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + i] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
};

np.broadcast_to = (x, shape) => {
  const array = np._array(x),
    lead = shape.length - array.shape.length;
  if (!lead && array.shape.every((n, i) => n === shape[i])) return x;
  const own = np._strides(array.shape);
  const strides = shape.map((_, i) => (i < lead || array.shape[i - lead] === 1 ? 0 : own[i - lead]));
  return np._gather(array, np._places(shape, strides), shape);
};

np._unary = (f, kind = "float64") => (x) => {
  if (typeof x !== "object") return f(x);
  const array = np._array(x);
  const data = new Float64Array(array.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(array.data[i]);
  return np._made(data, array.shape, kind);
};

np._binary = (f, kind = "float64") => (a, b) => {
  if (typeof a !== "object" && typeof b !== "object") return f(a, b);
  let x = np._array(a),
    y = np._array(b);
  const same = x.shape.length === y.shape.length && x.shape.every((n, i) => n === y.shape[i]);
  const shape = same ? x.shape : np._broadcast(x.shape, y.shape);
  const data = new Float64Array(np._size(shape));
  if (!same && x.data.length === 1) for (let i = 0, left = x.data[0]; i < data.length; i++) data[i] = f(left, y.data[y.data.length === 1 ? 0 : i]);
  else if (!same && y.data.length === 1) for (let i = 0, right = y.data[0]; i < data.length; i++) data[i] = f(x.data[i], right);
  else {
    x = np._array(np.broadcast_to(x, shape));
    y = np._array(np.broadcast_to(y, shape));
    for (let i = 0; i < data.length; i++) data[i] = f(x.data[i], y.data[i]);
  }
  return np._made(data, shape, kind);
};

np._added = np._binary((a, b) => a + b);
np._multiplied = np._binary((a, b) => a * b);
/** Lists are joined, as Python does. */
np.add = (a, b) => (Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : np._added(a, b));
np.multiply = (a, b) => (Array.isArray(a) && typeof b === "number" ? np._repeated(a, b) : np._multiplied(a, b));
np._repeated = (list, count) => Array.from({ length: Math.max(0, count) }, () => list).flat();
np.subtract = np._binary((a, b) => a - b);
np.divide = np._binary((a, b) => a / b);
np.power = np._binary((a, b) => a ** b);
np.floor_divide = np._binary((a, b) => Math.floor(a / b));
np.remainder = np._binary((a, b) => a - Math.floor(a / b) * b);
np.maximum = np._binary((a, b) => Math.max(a, b));
np.minimum = np._binary((a, b) => Math.min(a, b));
np.arctan2 = np._binary((a, b) => Math.atan2(a, b));
np.hypot = np._binary((a, b) => Math.hypot(a, b));
np.copysign = np._binary((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)));
np.logaddexp = np._binary((a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))));

np._equal = np._binary((a, b) => a === b, "bool");
np.equal = (a, b) => (Array.isArray(a) && Array.isArray(b) ? String(a) === String(b) : np._equal(a, b));
np.not_equal = np._binary((a, b) => a !== b, "bool");
np.less = np._binary((a, b) => a < b, "bool");
np.less_equal = np._binary((a, b) => a <= b, "bool");
np.greater = np._binary((a, b) => a > b, "bool");
np.greater_equal = np._binary((a, b) => a >= b, "bool");
np.logical_and = np._binary((a, b) => Boolean(a && b), "bool");
np.logical_or = np._binary((a, b) => Boolean(a || b), "bool");
np.logical_not = np._unary((x) => !x, "bool");
np.isnan = np._unary((x) => Number.isNaN(x), "bool");
np.isfinite = np._unary((x) => Number.isFinite(x), "bool");
np.isinf = np._unary((x) => Math.abs(x) === Infinity, "bool");

np.negative = np._unary((x) => -x);
np.abs = np._unary((x) => Math.abs(x));
np.absolute = np.abs;
np.sign = np._unary((x) => Math.sign(x));
np.sqrt = np._unary((x) => Math.sqrt(x));
np.cbrt = np._unary((x) => Math.cbrt(x));
np.square = np._unary((x) => x * x);
np.reciprocal = np._unary((x) => 1 / x);
np.exp = np._unary((x) => Math.exp(x));
np.expm1 = np._unary((x) => Math.expm1(x));
np.log = np._unary((x) => Math.log(x));
np.log1p = np._unary((x) => Math.log1p(x));
np.log2 = np._unary((x) => Math.log2(x));
np.log10 = np._unary((x) => Math.log10(x));
np.sin = np._unary((x) => Math.sin(x));
np.cos = np._unary((x) => Math.cos(x));
np.tan = np._unary((x) => Math.tan(x));
np.arcsin = np._unary((x) => Math.asin(x));
np.arccos = np._unary((x) => Math.acos(x));
np.arctan = np._unary((x) => Math.atan(x));
np.sinh = np._unary((x) => Math.sinh(x));
np.cosh = np._unary((x) => Math.cosh(x));
np.tanh = np._unary((x) => Math.tanh(x));
np.arcsinh = np._unary((x) => Math.asinh(x));
np.arccosh = np._unary((x) => Math.acosh(x));
np.arctanh = np._unary((x) => Math.atanh(x));
np.floor = np._unary((x) => Math.floor(x));
np.ceil = np._unary((x) => Math.ceil(x));
np.trunc = np._unary((x) => Math.trunc(x));
/** Halves go to the even number. */
np.round = np._unary((x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)));

np.clip = (x, low, high) => {
  const raised = low === null ? x : np.maximum(x, low);
  return high === null ? raised : np.minimum(raised, high);
};

np.where = (condition, a, b) => {
  if (typeof condition !== "object" && typeof a !== "object" && typeof b !== "object") return condition ? a : b;
  const shape = np._broadcast(np.shape(condition), np.shape(a), np.shape(b));
  const [c, x, y] = [condition, a, b].map((one) => np._array(np.broadcast_to(one, shape)));
  const data = new Float64Array(c.data.length);
  for (let i = 0; i < data.length; i++) data[i] = c.data[i] ? x.data[i] : y.data[i];
  return np._made(data, shape, x.kind === y.kind ? x.kind : "float64");
};

/** A polynomial by its coefficients, the highest power first. */
np._polynomial = (coefficients, x) => np._list(coefficients).reduce((y, c) => np.add(np.multiply(y, x), c));
