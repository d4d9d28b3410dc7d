// A kernel over an image: which products make a pixel of the output, and which make an input pixel's gradient.

const others = (count, side) => (count === 1 ? `the other ${side} channel` : `the other ${count} ${side} channels`);

function buildConv(element, box, data, pick, rebuild) {
  const [T, R, S] = data.size;
  const [D, H, W] = data.image;
  const [L, P, Q] = data.out;
  const { stride, dilation, before } = data;
  const [shownIn, allIn] = data.channels;
  const [shownOut, allOut] = data.outputs;
  const depth = data.groups === 1 ? shownIn : allIn / data.groups; // channels that a stored kernel has
  const perGroup = allOut / data.groups;
  const base = (o) => (data.groups === 1 ? 0 : Math.floor(o / perGroup) * depth);
  const X = (c, [d, i, j]) => (inside([d, i, j], data.image) ? data.x[((c * D + d) * H + i) * W + j] : 0);
  const K = (o, c, [t, r, s]) => data.w[(((o * depth + c - base(o)) * T + t) * R + r) * S + s];
  const Y = (array, o, [l, p, q]) => array[((o * L + l) * P + p) * Q + q];
  const DX = (c, [d, i, j]) => data.dx[((c * D + d) * H + i) * W + j];
  const connected = (o, c) => c >= base(o) && c < base(o) + depth;
  const backward = pick.mode === "in";
  const inputBox = boxes.get(box.inputs[0][0]);
  const noDelta = !data.g || gradientHidden(box);
  const set = (changes, focus) => {
    Object.assign(pick, changes);
    rebuild(focus);
  };
  if (!connected(pick.o, pick.c)) pick.c = base(pick.o);
  const slices = backward ? D : L;
  pick.slice = Math.min(pick.slice, slices - 1);
  const modes = [
    ["out", "an output pixel (forward)"],
    ["in", "an input pixel (backward)"],
  ].map(([mode, text]) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: `mode-${box.key}-${Math.random()}`,
        checked: pick.mode === mode,
        onchange: () => set({ mode, at: [0, 0], slice: 0 }),
      }),
      ` ${text}`,
    ),
  );
  element.append(
    el("h3", {}, "The window of"),
    el("div", { class: "choices" }, modes),
    el(
      "div",
      { class: "choices" },
      chooser("output channel", shownOut, allOut, pick.o, (o) => set({ o })),
      chooser("input channel", shownIn, allIn, pick.c, (c) =>
        set({ c, o: connected(pick.o, c) ? pick.o : Math.floor(c / depth) * perGroup }),
      ),
      slices > 1
        ? chooser(backward ? "input slice" : "output slice", slices, slices, pick.slice, (slice) => set({ slice }))
        : "",
      T > 1 ? chooser("kernel slice", T, T, pick.tap, (tap) => set({ tap })) : "",
      ofImages(data),
    ),
  );
  // the pairs (place in x, place in the kernel, place in y) that belong to the picked pixel
  const spot = [pick.slice, ...pick.at];
  const pairs = [];
  for (let t = 0; t < T; t++)
    for (let r = 0; r < R; r++)
      for (let s = 0; s < S; s++) {
        const k = [t, r, s];
        if (!backward) {
          pairs.push({
            x: spot.map((p, axis) => stride[axis] * p + dilation[axis] * k[axis] - before[axis]),
            k,
            y: spot,
          });
          continue;
        }
        const y = spot.map((i, axis) => (i + before[axis] - dilation[axis] * k[axis]) / stride[axis]);
        if (y.every(Number.isInteger) && inside(y, data.out)) pairs.push({ x: spot, k, y });
      }
  // one slice of the kernel is shown, and the slice of the image that it lies on
  const shown = pairs.filter((pair) => pair.k[0] === pick.tap);
  const across = (pair, name) => pair[name].slice(1);
  const seenSlice = backward ? pick.slice : stride[0] * pick.slice + dilation[0] * pick.tap - before[0];
  const comesFrom = backward ? (pick.slice + before[0] - dilation[0] * pick.tap) / stride[0] : pick.slice;
  const outSlice = Number.isInteger(comesFrom) && comesFrom >= 0 && comesFrom < L ? comesFrom : null;
  const [bottom, right] = [1, 2].map((axis) =>
    Math.max(
      0,
      (data.out[axis] - 1) * stride[axis] +
        dilation[axis] * (data.size[axis] - 1) +
        1 -
        before[axis] -
        data.image[axis],
    ),
  );
  const left = grid(
    "x",
    `${backward ? "∂/∂x" : "x"}, channel ${pick.c}${inSlice(data, seenSlice)}`,
    H,
    W,
    (i, j) => {
      if (!backward) return X(pick.c, [seenSlice, i, j]);
      return data.dx && !gradientHidden(inputBox) ? DX(pick.c, [seenSlice, i, j]) : NaN;
    },
    {
      pad: [before[1], before[2], bottom, right],
      secret: backward,
      hits: backward ? [] : shown.map((pair) => across(pair, "x")),
      picked: backward ? pick.at : null,
      pick: backward ? (i, j) => set({ at: [i, j] }, "x") : null,
    },
  );
  const kernel = grid(
    "w",
    `kernel ${pick.o}, channel ${pick.c}${inSlice(data, pick.tap)}`,
    R,
    S,
    (r, s) => K(pick.o, pick.c, [pick.tap, r, s]),
    { most: 30, hits: shown.map((pair) => across(pair, "k")) },
  );
  const out = grid(
    "y",
    `${backward ? "δ = ∂/∂y" : "y"}, channel ${pick.o}${outSlice === null ? ": no slice" : inSlice(data, outSlice)}`,
    P,
    Q,
    (p, q) => {
      if (!backward) return Y(data.y, pick.o, [outSlice, p, q]);
      return noDelta || outSlice === null ? NaN : Y(data.g, pick.o, [outSlice, p, q]);
    },
    {
      secret: backward,
      hits: backward ? shown.map((pair) => across(pair, "y")) : [],
      picked: backward ? null : pick.at,
      pick: backward ? null : (p, q) => set({ at: [p, q] }, "y"),
    },
  );
  element.append(el("div", { class: "grids" }, left.figure, kernel.figure, out.figure));
  const table = el("table", { class: "terms" });
  const row = (name, text, x, total) =>
    table.append(
      el(
        "tr",
        { class: total ? "total" : null },
        el("td", { colspan: text ? null : 2 }, name),
        text ? el("td", {}, text) : null,
        el("td", {}, x),
      ),
    );
  const sumOf = (chosen, product) => chosen.reduce((sum, pair) => sum + product(pair), 0);
  const elsewhere = pairs.filter((pair) => pair.k[0] !== pick.tap);
  if (!backward) {
    const product = (c) => (pair) => X(c, pair.x) * K(pick.o, c, pair.k);
    for (const pair of shown) {
      row(
        inside(pair.x, data.image) ? `x[${placed(data, pair.x)}] · w[${placed(data, pair.k)}]` : "padding · w",
        `${brief(X(pick.c, pair.x), 4)} · ${brief(K(pick.o, pick.c, pair.k), 4)}`,
        brief(product(pick.c)(pair), 4),
      );
    }
    if (T > 1) row("the other slices of the kernel", "", brief(sumOf(elsewhere, product(pick.c)), 6));
    const sum = sumOf(pairs, product(pick.c));
    row(`sum over channel ${pick.c}`, "", brief(sum, 6), true);
    let rest = 0;
    for (let c = 0; c < shownIn; c++) if (c !== pick.c && connected(pick.o, c)) rest += sumOf(pairs, product(c));
    const bias = data.b ? data.b[pick.o] : 0;
    const y = Y(data.y, pick.o, spot);
    if (shownIn < allIn) rest = y - bias - sum;
    if (allIn / data.groups > 1) row(others(allIn / data.groups - 1, "input"), "", brief(rest, 6));
    if (data.b) row(`bias b[${pick.o}]`, "", brief(bias, 6));
    row(`y[0, ${pick.o}, ${placed(data, spot)}]`, "", brief(y, 6), true);
  } else if (noDelta) {
    element.append(
      el(
        "p",
        { class: "faint" },
        practising ? "δ is hidden in practice until it is answered." : "δ arrives when the walk comes here.",
      ),
    );
  } else {
    const product = (o) => (pair) => Y(data.g, o, pair.y) * K(o, pick.c, pair.k);
    for (const pair of shown) {
      row(
        `δ[${placed(data, pair.y)}] · w[${placed(data, pair.k)}]`,
        `${brief(Y(data.g, pick.o, pair.y), 4)} · ${brief(K(pick.o, pick.c, pair.k), 4)}`,
        brief(product(pick.o)(pair), 4),
      );
    }
    if (T > 1) row("the other slices of the kernel", "", brief(sumOf(elsewhere, product(pick.o)), 6));
    const sum = sumOf(pairs, product(pick.o));
    row(`sum over output channel ${pick.o}`, "", brief(sum, 6), true);
    if (data.dx && !gradientHidden(inputBox)) {
      const dx = DX(pick.c, spot);
      let rest = 0;
      for (let o = 0; o < shownOut; o++) if (o !== pick.o && connected(o, pick.c)) rest += sumOf(pairs, product(o));
      if (shownOut < allOut || (contributions.get(inputBox.key) || []).length > 1) rest = dx - sum;
      if (allOut / data.groups > 1) row(others(allOut / data.groups - 1, "output"), "", brief(rest, 6));
      row(`∂/∂x[0, ${pick.c}, ${placed(data, spot)}]`, "", brief(dx, 6), true);
    } else if (!inputBox.gradient)
      element.append(el("p", { class: "faint" }, "x is a constant here: nobody asks for its gradient."));
    if (!pairs.length) element.append(el("p", { class: "faint" }, "No window sees this pixel: its gradient is 0."));
  }
  element.append(el("div", { class: "terms" }, table));
}
