// Sums, means and extremes over all entries or along axes.

nd.axes = (axis, rank) =>
  (axis === null ? nd.range(rank) : nd.list(axis)).map((one) => (one < 0 ? one + rank : one));

/** Entries of the same place along the other axes come together by f, in order. */
nd.reduced = (x, axis, keepdims, start, f) => {
  const array = nd.array(x);
  const { shape, data } = array;
  const axes = nd.axes(axis, shape.length);
  const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const own = nd.strides(kept);
  const found = new Float64Array(nd.size(kept)).fill(start);
  if (found.length === 1) for (let i = 0; i < data.length; i++) found[0] = f(found[0], data[i]);
  else {
    const places = nd.places(shape, own.map((step, i) => (axes.includes(i) ? 0 : step)));
    for (let i = 0; i < data.length; i++) found[places[i]] = f(found[places[i]], data[i]);
  }
  return nd.made(found, keepdims ? kept : shape.filter((_, i) => !axes.includes(i)));
};

nd.count = (x, axis) => {
  const shape = np.shape(x);
  return nd.axes(axis, shape.length).reduce((n, i) => n * shape[i], 1);
};

np.sum = (x, axis = null, keepdims = false) => nd.reduced(x, axis, keepdims, 0, (a, b) => a + b);
np.prod = (x, axis = null, keepdims = false) => nd.reduced(x, axis, keepdims, 1, (a, b) => a * b);
np.mean = (x, axis = null, keepdims = false) => np.divide(np.sum(x, axis, keepdims), nd.count(x, axis));
np.max = (x, axis = null, keepdims = false, initial = -Infinity) =>
  nd.reduced(x, axis, keepdims, initial, (a, b) => Math.max(a, b));
np.min = (x, axis = null, keepdims = false, initial = Infinity) =>
  nd.reduced(x, axis, keepdims, initial, (a, b) => Math.min(a, b));
np.amax = np.max;
np.amin = np.min;
np.var = (x, axis = null, keepdims = false, ddof = 0) => {
  const off = np.square(np.subtract(x, np.mean(x, axis, true)));
  return np.divide(np.sum(off, axis, keepdims), nd.count(x, axis) - ddof);
};
np.std = (x, axis = null, keepdims = false, ddof = 0) => np.sqrt(np.var(x, axis, keepdims, ddof));

np.cumsum = (x, axis = null) => {
  const array = nd.array(axis === null ? np.ravel(x) : x);
  const along = nd.axes(axis ?? 0, array.shape.length)[0];
  const step = nd.strides(array.shape)[along],
    run = step * array.shape[along];
  const data = Float64Array.from(array.data);
  for (let i = 0; i < data.length; i++) if (i % run >= step) data[i] += data[i - step];
  return nd.made(data, array.shape);
};

np.count_nonzero = (x, axis = null, keepdims = false) => np.sum(np.not_equal(x, 0), axis, keepdims);

/** Where the entry that comes before all others is, the first of equal ones; a NaN comes before all. */
nd.first = (x, axis, keepdims, before) => {
  const array = nd.array(axis === null ? np.ravel(x) : x);
  const along = nd.axes(axis ?? 0, array.shape.length)[0];
  const order = [...nd.range(array.shape.length).filter((i) => i !== along), along];
  const { data, shape } = nd.array(np.transpose(array, order));
  const n = shape.at(-1);
  const found = new Float64Array(data.length / n);
  for (let i = 0; i < found.length; i++) {
    const line = data.subarray(i * n, (i + 1) * n);
    for (let j = 1; j < n; j++) {
      const best = line[found[i]];
      if (!Number.isNaN(best) && (Number.isNaN(line[j]) || before(line[j], best))) found[i] = j;
    }
  }
  const places = nd.made(found, shape.slice(0, -1), "int64");
  return keepdims && axis !== null ? np.expand_dims(places, axis) : places;
};
np.argmax = (x, axis = null, keepdims = false) => nd.first(x, axis, keepdims, (a, b) => a > b);
np.argmin = (x, axis = null, keepdims = false) => nd.first(x, axis, keepdims, (a, b) => a < b);
