// A kernel over an image: which numbers make a pixel of the output, and where each δ goes.

function floatsOf(text) {
  if (text === null || text === undefined) return null;
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(raw.buffer);
}

// What was picked in each overlay, so that stepping on does not lose it.
const picked = new Map();

function appendOverlay(section, box) {
  if (box.windows) section.append(overlayOf(box));
  else if (box.operation === "conv2d" || box.operation === "max_pool2d") {
    section.append(
      el(
        "p",
        { class: "faint" },
        "Its windows are not in this page, which would be too large: draw a tape of this layer alone, with one image.",
      ),
    );
  }
}

function overlayOf(box) {
  const data = box.windows;
  if (!data.ready) {
    for (const name of ["x", "w", "b", "y", "g", "dx"]) data[name] = floatsOf(data[name]);
    data.ready = true;
  }
  if (!picked.has(box.key)) picked.set(box.key, { mode: "out", o: 0, c: 0, at: [0, 0] });
  const element = el("div", { class: "overlay" });
  const build = data.kind === "conv" ? buildConv : buildMax;
  const rebuild = (focus) => {
    element.replaceChildren();
    build(element, box, data, picked.get(box.key), rebuild);
    if (focus) {
      const target = element.querySelector(`[data-grid="${focus}"]`);
      if (target) target.focus();
    }
  };
  rebuild();
  return element;
}

/** One plane as a grid of cells that can be clicked, or walked over with the arrow keys. */
function grid(name, title, rows, columns, value, options = {}) {
  const size = Math.max(5, Math.min(options.most || 26, Math.floor((options.width || 190) / columns)));
  const pad = options.pad || [0, 0, 0, 0]; // top, left, bottom, right, in cells
  const width = (columns + pad[1] + pad[3]) * size,
    height = (rows + pad[0] + pad[2]) * size;
  let low = 0,
    high = 0;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const x = value(r, c);
      if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
    }
  const picture = svg("svg", {
    class: "grid",
    width: width + 2,
    height: height + 2,
    viewBox: `-1 -1 ${width + 2} ${height + 2}`,
    role: "img",
    "aria-label": title,
  });
  const place = (r, c) => ({ x: (c + pad[1]) * size, y: (r + pad[0]) * size, width: size, height: size });
  if (pad.some(Boolean)) picture.append(svg("rect", { class: "pad", x: 0, y: 0, width, height }));
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = value(r, c);
      const cell = svg("rect", {
        ...place(r, c),
        class: "cell",
        fill: Number.isNaN(x) && options.secret ? "#bbb" : css(colour(x, low, high)),
      });
      if (options.pick) cell.addEventListener("click", () => options.pick(r, c));
      if (!(Number.isNaN(x) && options.secret)) cell.append(svg("title", {}, `[${r}, ${c}] ${brief(x)}`));
      picture.append(cell);
      const text = brief(x, 2).replace(/^(−?)0\./, "$1.");
      if (text.length * 5 <= size && !(Number.isNaN(x) && options.secret)) {
        const [px, py] = [place(r, c).x + size / 2, place(r, c).y + size / 2 + 3];
        picture.append(svg("text", { x: px, y: py, class: isDark(colour(x, low, high)) ? "light" : null }, text));
      }
    }
  }
  for (const [r, c] of options.hits || []) picture.append(svg("rect", { ...place(r, c), class: "hit" }));
  if (options.picked) {
    const [r, c] = options.picked;
    picture.append(svg("rect", { ...place(r, c), class: "halo" }), svg("rect", { ...place(r, c), class: "pick" }));
  }
  if (options.pick) {
    picture.setAttribute("tabindex", 0);
    picture.setAttribute("data-grid", name);
    picture.setAttribute(
      "aria-label",
      `${title}; arrow keys choose a pixel${options.picked ? `, now ${options.picked}` : ""}`,
    );
    picture.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      const [r, c] = options.picked || [0, 0];
      options.pick(Math.min(rows - 1, Math.max(0, r + move[0])), Math.min(columns - 1, Math.max(0, c + move[1])));
    });
  }
  return { figure: el("figure", {}, el("figcaption", {}, title), picture), picture, place, size };
}

function chooser(text, count, of, current, change) {
  const options = Array.from({ length: count }, (_, i) =>
    el("option", { value: i, selected: i === current }, String(i)),
  );
  return el(
    "label",
    {},
    `${text} `,
    el("select", { onchange: (event) => change(Number(event.target.value)) }, options),
    of > count ? ` of ${of}` : "",
  );
}

/** Whether practice still hides this box's gradient. */
const gradientHidden = (box) => {
  const gradient = gradientNow(box);
  return !gradient || Boolean(gradient.secret);
};

const others = (count, side) => (count === 1 ? `the other ${side} channel` : `the other ${count} ${side} channels`);

function buildConv(element, box, data, pick, rebuild) {
  const [R, S] = data.size,
    [H, W] = data.image,
    [P, Q] = data.out;
  const [u, v] = data.stride,
    [e, f] = data.dilation,
    [a, b] = data.before;
  const [shownIn, allIn] = data.channels,
    [shownOut, allOut] = data.outputs;
  const depth = data.groups === 1 ? shownIn : allIn / data.groups; // channels that a stored kernel has
  const perGroup = allOut / data.groups;
  const base = (o) => (data.groups === 1 ? 0 : Math.floor(o / perGroup) * depth);
  const X = (c, i, j) => (i < 0 || j < 0 || i >= H || j >= W ? 0 : data.x[(c * H + i) * W + j]);
  const K = (o, c, r, s) => data.w[((o * depth + c - base(o)) * R + r) * S + s];
  const Y = (array, o, p, q) => array[(o * P + p) * Q + q];
  const connected = (o, c) => c >= base(o) && c < base(o) + depth;
  const backward = pick.mode === "in";
  const inputBox = boxes.get(box.inputs[0][0]);
  const noDelta = !data.g || gradientHidden(box);
  const set = (changes, focus) => {
    Object.assign(pick, changes);
    rebuild(focus);
  };
  if (!connected(pick.o, pick.c)) pick.c = base(pick.o);
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
        onchange: () => set({ mode, at: [0, 0] }),
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
      data.images > 1 ? el("span", { class: "faint" }, `image 0 of ${data.images}`) : "",
    ),
  );
  // the pairs (place in x, place in the kernel, place in y) that belong to the picked pixel
  const [m, n] = pick.at;
  const pairs = [];
  for (let r = 0; r < R; r++)
    for (let s = 0; s < S; s++) {
      if (!backward) pairs.push({ x: [u * m + e * r - a, v * n + f * s - b], k: [r, s], y: [m, n] });
      else {
        const p = (m + a - e * r) / u,
          q = (n + b - f * s) / v;
        if (Number.isInteger(p) && Number.isInteger(q) && p >= 0 && q >= 0 && p < P && q < Q)
          pairs.push({ x: [m, n], k: [r, s], y: [p, q] });
      }
    }
  const bottom = Math.max(0, (P - 1) * u + e * (R - 1) + 1 - a - H),
    right = Math.max(0, (Q - 1) * v + f * (S - 1) + 1 - b - W);
  const left = grid(
    "x",
    backward ? `∂/∂x, channel ${pick.c}` : `x, channel ${pick.c}`,
    H,
    W,
    (i, j) => {
      if (!backward) return X(pick.c, i, j);
      return data.dx && !gradientHidden(inputBox) ? data.dx[(pick.c * H + i) * W + j] : NaN;
    },
    {
      pad: [a, b, bottom, right],
      secret: backward,
      hits: backward ? [] : pairs.map((pair) => pair.x),
      picked: backward ? pick.at : null,
      pick: backward ? (i, j) => set({ at: [i, j] }, "x") : null,
    },
  );
  const kernel = grid("w", `kernel ${pick.o}, channel ${pick.c}`, R, S, (r, s) => K(pick.o, pick.c, r, s), {
    most: 30,
    hits: pairs.map((pair) => pair.k),
  });
  const out = grid(
    "y",
    backward ? `δ = ∂/∂y, channel ${pick.o}` : `y, channel ${pick.o}`,
    P,
    Q,
    (p, q) => {
      if (!backward) return Y(data.y, pick.o, p, q);
      return noDelta ? NaN : Y(data.g, pick.o, p, q);
    },
    {
      secret: backward,
      hits: backward ? pairs.map((pair) => pair.y) : [],
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
  let shown = 0;
  if (!backward) {
    for (const { x, k } of pairs) {
      const product = X(pick.c, ...x) * K(pick.o, pick.c, ...k);
      shown += product;
      const outside = x[0] < 0 || x[1] < 0 || x[0] >= H || x[1] >= W;
      row(
        outside ? "padding · w" : `x[${x}] · w[${k}]`,
        `${brief(X(pick.c, ...x), 4)} · ${brief(K(pick.o, pick.c, ...k), 4)}`,
        brief(product, 4),
      );
    }
    row(`sum over channel ${pick.c}`, "", brief(shown, 6), true);
    let rest = 0;
    for (let c = 0; c < shownIn; c++)
      if (c !== pick.c && connected(pick.o, c)) {
        for (const { x, k } of pairs) rest += X(c, ...x) * K(pick.o, c, ...k);
      }
    const bias = data.b ? data.b[pick.o] : 0,
      y = Y(data.y, pick.o, m, n);
    if (shownIn < allIn) rest = y - bias - shown;
    if (allIn / data.groups > 1) row(others(allIn / data.groups - 1, "input"), "", brief(rest, 6));
    if (data.b) row(`bias b[${pick.o}]`, "", brief(bias, 6));
    row(`y[0, ${pick.o}, ${m}, ${n}]`, "", brief(y, 6), true);
  } else if (noDelta) {
    element.append(
      el(
        "p",
        { class: "faint" },
        practising ? "δ is hidden in practice until it is answered." : "δ arrives when the walk comes here.",
      ),
    );
  } else {
    for (const { k, y } of pairs) {
      const product = Y(data.g, pick.o, ...y) * K(pick.o, pick.c, ...k);
      shown += product;
      row(
        `δ[${y}] · w[${k}]`,
        `${brief(Y(data.g, pick.o, ...y), 4)} · ${brief(K(pick.o, pick.c, ...k), 4)}`,
        brief(product, 4),
      );
    }
    row(`sum over output channel ${pick.o}`, "", brief(shown, 6), true);
    if (data.dx && !gradientHidden(inputBox)) {
      const dx = data.dx[(pick.c * H + m) * W + n];
      let rest = 0;
      for (let o = 0; o < shownOut; o++)
        if (o !== pick.o && connected(o, pick.c)) {
          for (const { k, y } of pairs) rest += Y(data.g, o, ...y) * K(o, pick.c, ...k);
        }
      if (shownOut < allOut || (contributions.get(inputBox.key) || []).length > 1) rest = dx - shown;
      if (allOut / data.groups > 1) row(others(allOut / data.groups - 1, "output"), "", brief(rest, 6));
      row(`∂/∂x[0, ${pick.c}, ${m}, ${n}]`, "", brief(dx, 6), true);
    } else if (!inputBox.gradient)
      element.append(el("p", { class: "faint" }, "x is a constant here: nobody asks for its gradient."));
    if (!pairs.length) element.append(el("p", { class: "faint" }, "No window sees this pixel: its gradient is 0."));
  }
  element.append(el("div", { class: "terms" }, table));
}

function buildMax(element, box, data, pick, rebuild) {
  const [, S] = data.size,
    [H, W] = data.image,
    [P, Q] = data.out;
  const [u, v] = data.stride,
    [e, f] = data.dilation,
    [a, b] = data.before;
  const [shown, all] = data.channels;
  const set = (changes, focus) => {
    Object.assign(pick, changes);
    rebuild(focus);
  };
  const winner = (p, q) => {
    const k = data.winners[(pick.c * P + p) * Q + q];
    return [p * u + Math.floor(k / S) * e - a, q * v + (k % S) * f - b];
  };
  const noDelta = !data.g || gradientHidden(box);
  element.append(
    el("h3", {}, "Where each δ goes: to the first maximum of its window"),
    el(
      "div",
      { class: "choices" },
      chooser("channel", shown, all, pick.c, (c) => set({ c })),
      data.images > 1 ? el("span", { class: "faint" }, `image 0 of ${data.images}`) : "",
    ),
  );
  const [m, n] = pick.at;
  const window = [];
  for (let r = 0; r < data.size[0]; r++)
    for (let s = 0; s < S; s++) {
      const [i, j] = [m * u + r * e - a, n * v + s * f - b];
      if (i >= 0 && j >= 0 && i < H && j < W) window.push([i, j]);
    }
  // both grids in one picture, so that lines can run from the one to the other
  const left = grid("x", "x", H, W, (i, j) => data.x[(pick.c * H + i) * W + j], { width: 220, hits: window });
  const right = grid(
    "y",
    "δ",
    P,
    Q,
    (p, q) => (noDelta ? data.y[(pick.c * P + p) * Q + q] : data.g[(pick.c * P + p) * Q + q]),
    {
      width: 120,
      most: left.size * 1.4,
      picked: pick.at,
      pick: (p, q) => set({ at: [p, q] }, "y"),
    },
  );
  const gap = 46,
    shift = W * left.size + gap,
    total = shift + Q * right.size;
  const tall = Math.max(H * left.size, P * right.size),
    down = (tall - P * right.size) / 2;
  const picture = svg("svg", {
    class: "grid",
    width: total + 2,
    height: tall + 2,
    viewBox: `-1 -1 ${total + 2} ${tall + 2}`,
  });
  const second = svg("g", { transform: `translate(${shift} ${down})` });
  second.append(right.picture);
  right.picture.setAttribute("x", -1);
  right.picture.setAttribute("y", -1);
  picture.append(svg("g", {}, ...left.picture.childNodes), second);
  const middle = (place) => [place.x + place.width / 2, place.y + place.height / 2];
  let strong = null;
  for (let p = 0; p < P; p++)
    for (let q = 0; q < Q; q++) {
      const [x1, y1] = middle(left.place(...winner(p, q))),
        [x2, y2] = middle(right.place(p, q));
      const mine = p === m && q === n;
      const line = svg("line", { x1, y1, x2: x2 + shift, y2: y2 + down, class: mine ? "route pickd" : "route" });
      if (mine) strong = line;
      else picture.append(line);
    }
  const [i, j] = winner(m, n);
  if (strong)
    picture.append(
      strong,
      svg("rect", { ...left.place(i, j), class: "halo" }),
      svg("rect", { ...left.place(i, j), class: "pick" }),
    );
  element.append(
    el("figure", {}, el("figcaption", {}, `x on the left, ${noDelta ? "y" : "δ = ∂/∂y"} on the right`), picture),
  );
  const y = data.y[(pick.c * P + m) * Q + n];
  element.append(el("p", {}, `y[${m}, ${n}] = ${brief(y)} is x[${i}, ${j}].`));
  if (!noDelta) {
    const g = data.g[(pick.c * P + m) * Q + n];
    element.append(
      el(
        "p",
        { class: "g" },
        `δ[${m}, ${n}] = ${brief(g)} goes to x[${i}, ${j}]; the rest of the window gets 0 from it.`,
      ),
    );
  }
}
