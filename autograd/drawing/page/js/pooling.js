// A max pooling: where each δ goes.

function buildMax(element, box, data, pick, rebuild) {
  const [D, H, W] = data.image;
  const [L, P, Q] = data.out;
  const { stride, dilation, before } = data;
  const [shown, all] = data.channels;
  const set = (changes, focus) => {
    Object.assign(pick, changes);
    rebuild(focus);
  };
  const X = (d, i, j) => data.x[((pick.c * D + d) * H + i) * W + j];
  const Y = (array, p, q) => array[((pick.c * L + pick.slice) * P + p) * Q + q];
  const winner = (p, q) => {
    const pixel = Y(data.winners, p, q);
    return [Math.floor(pixel / (H * W)), Math.floor(pixel / W) % H, pixel % W];
  };
  const noDelta = !data.g || gradientHidden(box);
  element.append(
    el("h3", {}, "Where each δ goes: to the first maximum of its window"),
    el(
      "div",
      { class: "choices" },
      chooser("channel", shown, all, pick.c, (c) => set({ c })),
      L > 1 ? chooser("output slice", L, L, pick.slice, (slice) => set({ slice })) : "",
      ofImages(data),
    ),
  );
  const [m, n] = pick.at;
  const [d, i, j] = winner(m, n); // its slice is the one that is shown
  const window = [];
  for (let t = 0; t < data.size[0]; t++)
    for (let r = 0; r < data.size[1]; r++)
      for (let s = 0; s < data.size[2]; s++) {
        const at = [pick.slice, m, n];
        const place = [t, r, s].map((k, axis) => at[axis] * stride[axis] + k * dilation[axis] - before[axis]);
        if (place[0] === d && inside(place, data.image)) window.push(place.slice(1));
      }
  // both grids in one picture, so that lines can run from the one to the other
  const left = grid("x", "x", H, W, (r, c) => X(d, r, c), { width: 220, hits: window });
  const right = grid("y", "δ", P, Q, (p, q) => Y(noDelta ? data.y : data.g, p, q), {
    width: 120,
    most: left.size * 1.4,
    picked: pick.at,
    pick: (p, q) => set({ at: [p, q] }, "y"),
  });
  const gap = 46;
  const shift = W * left.size + gap;
  const total = shift + Q * right.size;
  const tall = Math.max(H * left.size, P * right.size);
  const down = (tall - P * right.size) / 2;
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
      const [slice, ...pixel] = winner(p, q);
      if (slice !== d) continue;
      const [x1, y1] = middle(left.place(...pixel));
      const [x2, y2] = middle(right.place(p, q));
      const mine = p === m && q === n;
      const line = svg("line", { x1, y1, x2: x2 + shift, y2: y2 + down, class: mine ? "route pickd" : "route" });
      if (mine) strong = line;
      else picture.append(line);
    }
  picture.append(
    strong,
    svg("rect", { ...left.place(i, j), class: "halo" }),
    svg("rect", { ...left.place(i, j), class: "pick" }),
  );
  const given = noDelta ? "y" : "δ = ∂/∂y";
  const sides = `x${inSlice(data, d)} on the left, ${given}${inSlice(data, pick.slice)} on the right`;
  element.append(el("figure", {}, el("figcaption", {}, sides), picture));
  const [from, to] = [placed(data, [pick.slice, m, n]), placed(data, [d, i, j])];
  element.append(el("p", {}, `y[${from}] = ${brief(Y(data.y, m, n))} is x[${to}].`));
  if (!noDelta) {
    const text = `δ[${from}] = ${brief(Y(data.g, m, n))} goes to x[${to}]; the rest of the window gets 0 from it.`;
    element.append(el("p", { class: "g" }, text));
  }
}
