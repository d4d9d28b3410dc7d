// Arrays as NumPy has them: {shape, data, kind}, all entries as float64. What has no axes is a plain number or a
// boolean, a list or tuple of Python a plain array. ``np`` has NumPy's functions and helpers, ``nd`` what they need.

const np = {};
const nd = {};

nd.size = (shape) => shape.reduce((a, b) => a * b, 1);

nd.made = (data, shape, kind = "float64") =>
  shape.length ? { shape, data, kind } : kind === "bool" ? Boolean(data[0]) : data[0];

/** A number, an array or nested lists as {shape, data, kind}. */
nd.array = (x) => {
  if (typeof x === "number") return { shape: [], data: Float64Array.of(x), kind: "float64" };
  if (typeof x === "boolean") return { shape: [], data: Float64Array.of(Number(x)), kind: "bool" };
  if (!Array.isArray(x)) return x;
  const parts = x.map(nd.array);
  const shape = [x.length, ...(parts.length ? parts[0].shape : [])];
  const data = new Float64Array(nd.size(shape));
  parts.forEach((part, i) => data.set(part.data, i * part.data.length));
  return { shape, data, kind: parts.length ? parts[0].kind : "float64" };
};

nd.list = (x) => (Array.isArray(x) ? x : typeof x === "object" ? [...x.data] : [x]);
nd.len = (x) => (Array.isArray(x) ? x.length : x.shape[0]);
nd.range = (start, stop = null) => {
  const [from, to] = stop === null ? [0, start] : [start, stop];
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
};

np.shape = (x) => (typeof x === "object" ? nd.array(x).shape : []);
np.ndim = (x) => np.shape(x).length;
np.size = (x) => nd.size(np.shape(x));
nd.kind = (x) => nd.array(x).kind[0];
nd.dtype = (x) => nd.array(x).kind;

np.array = (x, dtype = null) => np.astype(x, dtype);
np.asarray = np.array;
np.astype = (x, dtype) => {
  const { data, shape, kind } = nd.array(x);
  if (dtype === null || dtype === kind) return nd.made(data, shape, kind);
  if (dtype === "float32") return nd.made(Float64Array.from(Float32Array.from(data)), shape);
  if (dtype.startsWith("float")) return nd.made(data, shape);
  if (dtype === "bool") return nd.made(data.map(Boolean), shape, "bool");
  return nd.made(data.map(Math.trunc), shape, dtype);
};

np.full = (shape, value) => {
  const sizes = nd.list(shape);
  return nd.made(new Float64Array(nd.size(sizes)).fill(value), sizes, typeof value === "boolean" ? "bool" : "float64");
};
np.zeros = (shape, dtype = null) => np.astype(np.full(shape, 0), dtype);
np.ones = (shape, dtype = null) => np.astype(np.full(shape, 1), dtype);
np.arange = (n) => nd.made(Float64Array.from(nd.range(n)), [n], "int64");
np.eye = (n) => {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return nd.made(data, [n, n]);
};

/** How far it is in the data from an entry to the next, along each axis. */
nd.strides = (shape) => {
  const strides = Array(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--]) strides[i] = step;
  return strides;
};

/** The place in the data of every entry of an array with this shape and these strides. */
nd.places = (shape, strides, start = 0) => {
  const found = new Int32Array(nd.size(shape));
  const at = Array(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < found.length; i++) {
    found[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++at[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return found;
};

nd.gather = (x, places, shape) => {
  const data = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) data[i] = x.data[places[i]];
  return nd.made(data, shape, x.kind);
};
