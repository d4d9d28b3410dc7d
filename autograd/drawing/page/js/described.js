// Arrays that the page has computed, in the form in which it shows those that were recorded.

const plain = (x) =>
  Number.isFinite(x) ? x : Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";

/** A value of the program as the page shows it; ``like`` is what was recorded in its place. */
function described(value, like) {
  if (!like || value === undefined) return like;
  const { data } = nd.array(value);
  const { shape, dtype } = like;
  if (like.values) return { shape, dtype, values: Array.from(data, plain) };
  const finite = data.filter((x) => Number.isFinite(x));
  const now = { shape, dtype };
  if (finite.length < data.length) {
    const count = (test) => data.filter(test).length;
    now.odd = [count((x) => Number.isNaN(x)), count((x) => x === Infinity), count((x) => x === -Infinity)];
  }
  if (finite.length) {
    now.low = finite.reduce((a, b) => Math.min(a, b));
    now.high = finite.reduce((a, b) => Math.max(a, b));
    now.mean = finite.reduce((a, b) => a + b, 0) / finite.length;
    if (like.counts) now.counts = countsOf(finite, now.low, now.high, 24);
    if (like.map) now.map = mapOf(data, shape, like.map);
  }
  return now;
}

function countsOf(data, low, high, bins) {
  if (low === high) return [data.length];
  const counts = Array(bins).fill(0);
  for (const x of data) counts[Math.min(bins - 1, Math.floor(((x - low) / (high - low)) * bins))]++;
  return counts;
}

/** The heat map of an array, with the planes and the squares of the recorded one. */
function mapOf(data, shape, like) {
  const { rows, columns, planes, of, step } = like;
  const [height, width] = shape.length > 1 ? shape.slice(-2) : [1, data.length];
  const means = new Float64Array(planes * rows * columns);
  for (let i = 0; i < means.length; i++) {
    const [p, r, c] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
    let total = 0,
      count = 0;
    for (let y = r * step; y < Math.min(height, (r + 1) * step); y++)
      for (let x = c * step; x < Math.min(width, (c + 1) * step); x++, count++)
        total += data[(p * height + y) * width + x];
    means[i] = total / count;
  }
  const finite = means.filter((x) => Number.isFinite(x));
  const low = finite.length ? finite.reduce((a, b) => Math.min(a, b)) : 0,
    high = finite.length ? finite.reduce((a, b) => Math.max(a, b)) : 0;
  const scale = high > low ? 254 / (high - low) : 0;
  const codes = Uint8Array.from(means, (x) => (Number.isFinite(x) ? Math.round((x - low) * scale) : 255));
  return { rows, columns, planes, of, step, low, high, codes };
}

/** What lies under the kernel of a box, from the values of the program. */
function windowsOf(box, numbers, v) {
  const was = box.recordedWindows;
  if (was.kind === "left out" || !numbers) return { kind: was.kind === "left out" ? was.kind : "recorded" };
  const first = (n, count) => {
    const array = v[n];
    const whole = array.shape.length === was.rank + 2 ? nd.array(np.at(array, 0)) : array;
    return nd.array(np.at(whole, [{ slice: [0, count] }])).data;
  };
  const now = { ...was, ready: true };
  const shownIn = was.channels[0],
    shownOut = was.outputs ? was.outputs[0] : shownIn;
  now.x = first(numbers.x, shownIn);
  now.y = first(numbers.y, shownOut);
  if (was.g) now.g = first(numbers.g, shownOut);
  if (was.dx) now.dx = first(numbers.dx, shownIn);
  if (was.kind === "conv") {
    const within = was.groups === 1 ? [{ slice: [0, shownOut] }, { slice: [0, shownIn] }] : ["..."];
    now.w = nd.array(np.at(v[numbers.w], within)).data;
    if (was.b) now.b = nd.array(np.at(v[numbers.b], [{ slice: [0, shownOut] }])).data;
  } else {
    const taps = first(numbers.winners, shownIn);
    const places = nd.size(was.out);
    const winners = Array(taps.length);
    nd.slide(was, (place, pixel, tap) => {
      for (let c = 0; c < shownIn; c++) if (taps[c * places + place] === tap) winners[c * places + place] = pixel;
    });
    now.winners = winners;
  }
  return now;
}
