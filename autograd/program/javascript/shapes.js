// The same entries in another shape or order, some of them, and several arrays in one.

np.reshape = (x, shape) => {
  const array = nd.array(x);
  const sizes = [...nd.list(shape)];
  const free = sizes.indexOf(-1);
  if (free >= 0) sizes[free] = array.data.length / -nd.size(sizes);
  return nd.made(array.data, sizes, array.kind);
};
np.ravel = (x) => np.reshape(x, [-1]);

np.transpose = (x, axes = null) => {
  const array = nd.array(x);
  const order = axes === null ? nd.range(array.shape.length).toReversed() : nd.axes(axes, array.shape.length);
  const own = nd.strides(array.shape);
  const shape = order.map((i) => array.shape[i]);
  return nd.gather(array, nd.places(shape, order.map((i) => own[i])), shape);
};
np.swapaxes = (x, axis1, axis2) => {
  const order = nd.range(np.ndim(x));
  const [i, j] = nd.axes([axis1, axis2], order.length);
  [order[i], order[j]] = [order[j], order[i]];
  return np.transpose(x, order);
};
np.moveaxis = (x, source, destination) => {
  const rank = np.ndim(x);
  const from = nd.axes(source, rank),
    to = nd.axes(destination, rank);
  const order = nd.range(rank).filter((i) => !from.includes(i));
  const pairs = to.map((place, i) => [place, from[i]]).toSorted((a, b) => a[0] - b[0]);
  for (const [place, axis] of pairs) order.splice(place, 0, axis);
  return np.transpose(x, order);
};
np.expand_dims = (x, axis) => {
  const shape = [...np.shape(x)];
  const rank = shape.length + nd.list(axis).length;
  for (const i of nd.axes(axis, rank).toSorted((a, b) => a - b)) shape.splice(i, 0, 1);
  return np.reshape(x, shape);
};
np.squeeze = (x, axis = null) => {
  const shape = np.shape(x);
  const axes = axis === null ? nd.range(shape.length).filter((i) => shape[i] === 1) : nd.axes(axis, shape.length);
  return np.reshape(x, shape.filter((_, i) => !axes.includes(i)));
};
np.flip = (x, axis = null) => {
  const axes = nd.axes(axis, np.ndim(x));
  return np.at(x, nd.range(np.ndim(x)).map((i) => (axes.includes(i) ? { slice: [null, null, -1] } : { slice: [] })));
};

np.concatenate = (arrays, axis = 0) => {
  const parts = arrays.map((one) => nd.array(axis === null ? np.ravel(one) : one));
  const along = nd.axes(axis ?? 0, parts[0].shape.length)[0];
  const shape = [...parts[0].shape];
  shape[along] = parts.reduce((n, part) => n + part.shape[along], 0);
  const outer = nd.size(shape.slice(0, along));
  const data = new Float64Array(nd.size(shape));
  let place = 0;
  for (let i = 0; i < outer; i++) {
    for (const part of parts) {
      const run = part.data.length / outer;
      data.set(part.data.subarray(i * run, (i + 1) * run), place);
      place += run;
    }
  }
  return nd.made(data, shape, parts[0].kind);
};
np.stack = (arrays, axis = 0) => np.concatenate(arrays.map((one) => np.expand_dims(one, axis)), axis);

np.pad = (x, pad_width, mode = "constant", constant_values = 0) => {
  if (mode !== "constant") throw new Error(`pad: there is no mode ${mode} here`);
  const rank = np.ndim(x);
  const pairs = (given) => {
    const list = typeof given === "object" ? given : [given, given];
    return Array.isArray(list[0]) ? (list.length === rank ? list : Array(rank).fill(list[0])) : Array(rank).fill(list);
  };
  const fills = pairs(Number.isNaN(Number(constant_values)) ? constant_values : Number(constant_values));
  return pairs(pad_width).reduce((y, [before, after], axis) => {
    const side = (n, value) => np.full(np.shape(y).map((m, i) => (i === axis ? n : m)), value);
    return before || after ? np.concatenate([side(before, fills[axis][0]), y, side(after, fills[axis][1])], axis) : y;
  }, x);
};
nd.triangle = (x, keeps) => {
  const [rows, columns] = np.ndim(x) > 1 ? np.shape(x).slice(-2) : [np.size(x), np.size(x)];
  const mask = new Float64Array(rows * columns);
  for (let i = 0; i < mask.length; i++) mask[i] = Number(keeps((i % columns) - Math.floor(i / columns)));
  return np.where(nd.made(mask, [rows, columns], "bool"), x, 0);
};
np.tril = (x, k = 0) => nd.triangle(x, (off) => off <= k);
np.triu = (x, k = 0) => nd.triangle(x, (off) => off >= k);

// -- indices: numbers, {slice: [start, stop, step]}, null, "..." and arrays, one for each axis ------------------------

nd.slice = ([start = null, stop = null, step = null], n) => {
  const by = step ?? 1;
  const low = by > 0 ? 0 : -1,
    high = by > 0 ? n : n - 1;
  const bound = (x, otherwise) => (x === null ? otherwise : Math.min(high, Math.max(low, x < 0 ? x + n : x)));
  const from = bound(start, by > 0 ? 0 : n - 1),
    to = bound(stop, by > 0 ? n : -1);
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / by)) }, (_, i) => from + i * by);
};

/** The numbers along each axis at which a mask is true. */
nd.nonzero = (mask) => {
  const strides = nd.strides(mask.shape);
  const hits = nd.range(mask.data.length).filter((i) => mask.data[i]);
  return mask.shape.map((n, axis) => {
    const data = Float64Array.from(hits, (i) => Math.floor(i / strides[axis]) % n);
    return { shape: [hits.length], data, kind: "int64" };
  });
};

/** {shape, places} of what an index picks. */
nd.picked = (shape, index) => {
  let parts = (Array.isArray(index) ? index : [index]).flatMap((one) => {
    if (Array.isArray(one)) return [nd.array(one)];
    return one && one.kind === "bool" ? nd.nonzero(one) : [one];
  });
  const taken = parts.filter((one) => one !== null && one !== "...").length;
  const rest = Array.from({ length: shape.length - taken }, () => ({ slice: [] }));
  // beside arrays a number is one of them
  if (parts.some((one) => one && one.data)) parts = parts.map((one) => (typeof one === "number" ? nd.array(one) : one));
  const dots = parts.indexOf("...");
  parts = dots < 0 ? [...parts, ...rest] : [...parts.slice(0, dots), ...rest, ...parts.slice(dots + 1)];
  const strides = nd.strides(shape);
  const isArray = (one) => Boolean(one && one.data);
  const arrays = parts.filter(isArray);
  const common = nd.broadcast([], ...arrays.map((one) => one.shape));
  const group = arrays.length ? { shape: common, offsets: new Float64Array(nd.size(common)) } : null;
  const items = [];
  let axis = 0,
    last = -1,
    apart = false;
  parts.forEach((one, i) => {
    if (one === null) return items.push({ shape: [1], offsets: [0] });
    const n = shape[axis],
      step = strides[axis++];
    const whole = (x) => (x < 0 ? x + n : x) * step;
    if (isArray(one)) {
      nd.array(np.broadcast_to(one, common)).data.forEach((x, k) => (group.offsets[k] += whole(x)));
      if (last < 0) items.push(group);
      else if (last !== i - 1) apart = true;
      last = i;
    } else if (typeof one === "number") {
      items.push({ shape: [], offsets: [whole(one)] });
    } else {
      const picked = nd.slice(one.slice, n);
      items.push({ shape: [picked.length], offsets: picked.map((x) => x * step) });
    }
    return null;
  });
  if (apart) items.unshift(...items.splice(items.indexOf(group), 1));
  let places = [0];
  for (const item of items) {
    const next = new Int32Array(places.length * item.offsets.length);
    let k = 0;
    for (const place of places) for (const offset of item.offsets) next[k++] = place + offset;
    places = next;
  }
  return { shape: items.flatMap((item) => item.shape), places };
};

np.at = (x, index) => {
  if (Array.isArray(x)) {
    if (typeof index === "number") return x.at(index);
    return nd.slice(index[0].slice, x.length).map((i) => x[i]);
  }
  const array = nd.array(x);
  const { shape, places } = nd.picked(array.shape, index);
  return nd.gather(array, places, shape);
};
np.unravel_index = (indices, shape) =>
  nd.strides(shape).map((step, i) => np.remainder(np.floor_divide(indices, step), shape[i]));
np.take = (x, indices, axis = null) => {
  if (axis === null) return np.at(np.ravel(x), nd.array(indices));
  const index = nd.range(np.ndim(x)).map(() => ({ slice: [] }));
  index[nd.axes(axis, index.length)[0]] = nd.array(indices);
  return np.at(x, index);
};
np.take_along_axis = (x, indices, axis) => {
  const { shape } = nd.array(indices);
  const along = nd.axes(axis, shape.length)[0];
  const other = (n, i) => np.reshape(np.arange(n), shape.map((_, j) => (i === j ? n : 1)));
  return np.at(x, shape.map((n, i) => (i === along ? indices : other(n, i))));
};
np.scatter = (x, index, shape) => {
  const y = { shape, data: new Float64Array(nd.size(shape)), kind: "float64" };
  const picked = nd.picked(shape, index);
  const { data } = nd.array(np.broadcast_to(x, picked.shape));
  for (let i = 0; i < data.length; i++) y.data[picked.places[i]] += data[i];
  return y;
};
np.assign = (x, value, index) => {
  const { shape, data, kind } = nd.array(x);
  const y = Float64Array.from(data);
  const picked = nd.picked(shape, index);
  const given = nd.array(np.broadcast_to(value, picked.shape));
  for (let i = 0; i < given.data.length; i++) y[picked.places[i]] = given.data[i];
  return nd.made(y, shape, kind);
};
