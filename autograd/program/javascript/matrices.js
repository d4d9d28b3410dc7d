// Products of matrices.

nd.product = (a, b, y, rows, inner, columns, from) => {
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const left = a[from[0] + i * inner + k];
      const line = from[1] + k * columns,
        out = from[2] + i * columns;
      for (let j = 0; j < columns; j++) y[out + j] += left * b[line + j];
    }
  }
};

np.matmul = (a, b) => {
  let x = nd.array(a),
    y = nd.array(b);
  const single = [x.shape.length === 1, y.shape.length === 1];
  if (single[0]) x = { ...x, shape: [1, ...x.shape] };
  if (single[1]) y = { ...y, shape: [...y.shape, 1] };
  const [rows, inner] = x.shape.slice(-2),
    columns = y.shape.at(-1);
  const batch = nd.broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2));
  x = np.broadcast_to(x, [...batch, rows, inner]);
  y = np.broadcast_to(y, [...batch, inner, columns]);
  const data = new Float64Array(nd.size(batch) * rows * columns);
  for (let n = 0; n < nd.size(batch); n++)
    nd.product(x.data, y.data, data, rows, inner, columns, [n * rows * inner, n * inner * columns, n * rows * columns]);
  return nd.made(data, [...batch, ...(single[0] ? [] : [rows]), ...(single[1] ? [] : [columns])]);
};

np.tensordot = (a, b, axes = 2) => {
  const x = nd.array(a),
    y = nd.array(b);
  const pairs = typeof axes === "number" ? [nd.range(-axes, 0), nd.range(axes)] : axes;
  const [of_a, of_b] = [nd.axes(pairs[0], x.shape.length), nd.axes(pairs[1], y.shape.length)];
  const free_a = nd.range(x.shape.length).filter((i) => !of_a.includes(i)),
    free_b = nd.range(y.shape.length).filter((i) => !of_b.includes(i));
  const sizes = (array, list) => list.map((i) => array.shape[i]);
  const inner = nd.size(sizes(x, of_a));
  const left = np.reshape(np.transpose(x, [...free_a, ...of_a]), [nd.size(sizes(x, free_a)), inner]);
  const right = np.reshape(np.transpose(y, [...of_b, ...free_b]), [inner, nd.size(sizes(y, free_b))]);
  return np.reshape(np.matmul(left, right), [...sizes(x, free_a), ...sizes(y, free_b)]);
};
np.dot = (a, b) => {
  const [m, n] = [np.ndim(a), np.ndim(b)];
  if (!m || !n) return np.multiply(a, b);
  return np.tensordot(a, b, [[m - 1], [Math.max(0, n - 2)]]);
};
np.outer = (a, b) => np.multiply(np.reshape(a, [-1, 1]), np.reshape(b, [1, -1]));
