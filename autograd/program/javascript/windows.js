// Convolution and pooling as loops. Every image is a volume here: a picture is one of a single slice, a row a
// picture of a single line.

/** [n, n, n] of a number or a list for each of the last axes; the missing axes in front get ``otherwise``. */
nd.three = (x, rank, otherwise) => {
  const list = typeof x === "object" ? nd.list(x) : Array(rank).fill(x);
  return [...Array(3 - rank).fill(otherwise), ...list];
};
nd.volume = (shape, rank) => [...Array(3 - rank).fill(1), ...shape.slice(shape.length - rank)];

/** The geometry of windows that slide over an image. */
nd.windows = (image, size, out, stride, padding, dilation, rank) => ({
  image: nd.volume(image, rank),
  size: nd.volume(size, rank),
  out: nd.volume(out, rank),
  stride: nd.three(stride, rank, 1),
  before: nd.three(padding, rank, 0).map((one) => (typeof one === "object" ? nd.list(one)[0] : one)),
  dilation: nd.three(dilation, rank, 1),
});

/** Calls visit(place in out, place in image, tap) for every window and every pixel that it sees. */
nd.slide = (w, visit) => {
  const [D, H, W] = w.image;
  let tap = 0;
  for (let a = 0; a < w.size[0]; a++)
    for (let b = 0; b < w.size[1]; b++)
      for (let c = 0; c < w.size[2]; c++, tap++)
        for (let i = 0, place = 0; i < w.out[0]; i++)
          for (let j = 0; j < w.out[1]; j++) {
            const d = i * w.stride[0] + a * w.dilation[0] - w.before[0];
            const h = j * w.stride[1] + b * w.dilation[1] - w.before[1];
            const seen = d >= 0 && d < D && h >= 0 && h < H;
            for (let k = 0; k < w.out[2]; k++, place++) {
              const at = k * w.stride[2] + c * w.dilation[2] - w.before[2];
              if (seen && at >= 0 && at < W) visit(place, (d * H + h) * W + at, tap);
            }
          }
};

/** The pairs of places that belong together, for each tap: {[tap]: [place in out, place in image, …]}. */
nd.pairs = (w) => {
  const found = Array.from({ length: nd.size(w.size) }, () => []);
  nd.slide(w, (place, pixel, tap) => found[tap].push(place, pixel));
  return found.map((list) => Int32Array.from(list));
};

/** Calls meet(image's channel, out's channel, weights' place) for all that belong together. */
nd.channels = (images, outputs, channels, groups, taps, meet) => {
  const per = outputs / groups;
  for (let n = 0; n < images; n++)
    for (let o = 0; o < outputs; o++)
      for (let c = 0; c < channels; c++)
        meet(n * channels * groups + Math.floor(o / per) * channels + c, n * outputs + o, (o * channels + c) * taps);
};

nd.with_bias = (y, bias, rank) => (bias === null ? y : np.add(y, np.reshape(bias, [-1, ...Array(rank).fill(1)])));

np.conv = (x, weight, bias, out, stride = 1, padding = 0, dilation = 1, groups = 1) => {
  const rank = out.length;
  const pairs = nd.pairs(nd.windows(x.shape, weight.shape, out, stride, padding, dilation, rank));
  const shape = [x.shape[0], weight.shape[0], ...out];
  const y = new Float64Array(nd.size(shape));
  const pixels = nd.size(x.shape.slice(2)),
    places = nd.size(out);
  nd.channels(shape[0], shape[1], weight.shape[1], groups, pairs.length, (from, to, at) => {
    pairs.forEach((list, tap) => {
      const w = weight.data[at + tap];
      for (let i = 0; i < list.length; i += 2) y[to * places + list[i]] += w * x.data[from * pixels + list[i + 1]];
    });
  });
  return nd.with_bias(nd.made(y, shape), bias, rank);
};

np.correlate2d = (x, kernel, mode = "full", flipped = false) => {
  const around = kernel.shape.map((taps, axis) => {
    const after = Math.floor((flipped ? taps - 1 : taps) / 2),
      over = Math.max(taps - x.shape[axis], 0);
    return { full: [taps - 1, taps - 1], same: [taps - 1 - after, after], valid: [over, over] }[mode];
  });
  const out = around.map(([before, after], axis) => before + x.shape[axis] + after - kernel.shape[axis] + 1);
  const y = new Float64Array(nd.size(out));
  nd.slide(nd.windows(x.shape, kernel.shape, out, 1, around, 1, 2), (place, pixel, tap) => {
    y[place] += x.data[pixel] * kernel.data[tap];
  });
  return nd.made(y, out);
};

np.conv_transpose = (g, weight, bias, image, stride = 1, padding = 0, dilation = 1, groups = 1) => {
  const rank = image.length;
  const pairs = nd.pairs(nd.windows(image, weight.shape, g.shape, stride, padding, dilation, rank));
  const shape = [g.shape[0], groups * weight.shape[1], ...image];
  const x = new Float64Array(nd.size(shape));
  const pixels = nd.size(image),
    places = nd.size(g.shape.slice(2));
  nd.channels(shape[0], weight.shape[0], weight.shape[1], groups, pairs.length, (to, from, at) => {
    pairs.forEach((list, tap) => {
      const w = weight.data[at + tap];
      for (let i = 0; i < list.length; i += 2) x[to * pixels + list[i + 1]] += w * g.data[from * places + list[i]];
    });
  });
  return nd.with_bias(nd.made(x, shape), bias, rank);
};

np.conv_weight_gradient = (g, x, shape, stride = 1, padding = 0, dilation = 1, groups = 1) => {
  const rank = shape.length - 2;
  const pairs = nd.pairs(nd.windows(x.shape, shape, g.shape, stride, padding, dilation, rank));
  const weight = new Float64Array(nd.size(shape));
  const pixels = nd.size(x.shape.slice(2)),
    places = nd.size(g.shape.slice(2));
  nd.channels(g.shape[0], shape[0], shape[1], groups, pairs.length, (image, out, at) => {
    pairs.forEach((list, tap) => {
      let total = 0;
      for (let i = 0; i < list.length; i += 2)
        total += g.data[out * places + list[i]] * x.data[image * pixels + list[i + 1]];
      weight[at + tap] += total;
    });
  });
  return nd.made(weight, shape);
};

// -- pooling ----------------------------------------------------------------------------------------------------------

/** {pairs, count, pixels, places} of planes: how many, and how large before and after. */
nd.planes = (image, size, out, stride, padding, dilation) => {
  const rank = size.length;
  return {
    pairs: nd.pairs(nd.windows(image, size, out, stride, padding, dilation, rank)),
    count: nd.size(image.slice(0, -rank)),
    pixels: nd.size(image.slice(-rank)),
    places: nd.size(out.slice(-rank)),
  };
};

np.max_pool = (x, size, out, stride, padding = 0, dilation = 1) => {
  const { pairs, count, pixels, places } = nd.planes(x.shape, size, out, stride, padding, dilation);
  const shape = [...x.shape.slice(0, -size.length), ...out];
  const y = new Float64Array(nd.size(shape)).fill(-Infinity);
  const winners = new Float64Array(y.length).fill(-1);
  for (let p = 0; p < count; p++)
    pairs.forEach((list, tap) => {
      for (let i = 0; i < list.length; i += 2) {
        const at = p * places + list[i],
          seen = x.data[p * pixels + list[i + 1]];
        if (winners[at] < 0 || seen > y[at] || (Number.isNaN(seen) && !Number.isNaN(y[at]))) {
          y[at] = seen;
          winners[at] = tap;
        }
      }
    });
  return [nd.made(y, shape), nd.made(winners, shape, "int64")];
};

np.max_pool_scatter = (g, winners, image, size, stride, padding = 0, dilation = 1) => {
  const shape = [...g.shape.slice(0, -size.length), ...image];
  const { pairs, count, pixels, places } = nd.planes(shape, size, g.shape, stride, padding, dilation);
  const x = new Float64Array(nd.size(shape));
  for (let p = 0; p < count; p++)
    pairs.forEach((list, tap) => {
      for (let i = 0; i < list.length; i += 2) {
        const at = p * places + list[i];
        if (winners.data[at] === tap) x[p * pixels + list[i + 1]] += g.data[at];
      }
    });
  return nd.made(x, shape);
};

np.avg_pool = (x, counts, size, out, stride, padding = 0) => {
  const { pairs, count, pixels, places } = nd.planes(x.shape, size, out, stride, padding, 1);
  const shape = [...x.shape.slice(0, -size.length), ...out];
  const y = new Float64Array(nd.size(shape));
  for (let p = 0; p < count; p++)
    for (const list of pairs)
      for (let i = 0; i < list.length; i += 2) y[p * places + list[i]] += x.data[p * pixels + list[i + 1]];
  return np.divide(nd.made(y, shape), counts);
};

np.avg_pool_spread = (g, counts, image, size, stride, padding = 0) => {
  const shape = [...g.shape.slice(0, -size.length), ...image];
  const { pairs, count, pixels, places } = nd.planes(shape, size, g.shape, stride, padding, 1);
  const shared = np.divide(g, counts);
  const x = new Float64Array(nd.size(shape));
  for (let p = 0; p < count; p++)
    for (const list of pairs)
      for (let i = 0; i < list.length; i += 2) x[p * pixels + list[i + 1]] += shared.data[p * places + list[i]];
  return nd.made(x, shape);
};
