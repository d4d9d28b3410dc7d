// The curve of the loss over the steps.

const CURVE = [380, 110];

function curve() {
  const [width, height] = CURVE;
  const shown = losses.filter((x) => Number.isFinite(x));
  const low = Math.min(0, ...thinned(shown).map(([, y]) => y)),
    high = Math.max(...thinned(shown).map(([, y]) => y));
  const x = (i) => 4 + ((width - 8) * i) / Math.max(1, shown.length - 1);
  const y = (loss) => height - 6 - ((height - 14) * (loss - low)) / (high - low || 1);
  const points = thinned(shown).map(([i, loss]) => `${x(i).toFixed(1)},${y(loss).toFixed(1)}`);
  const words = `${seedName} over ${shown.length - 1} steps, from ${brief(shown[0], 4)} to ${brief(shown.at(-1), 4)}`;
  return el(
    "figure",
    { class: "curve" },
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
      svg("line", { x1: 4, x2: width - 4, y1: y(Math.max(0, low)), y2: y(Math.max(0, low)) }),
      svg("polyline", { points: points.join(" ") }),
      svg("circle", { cx: x(shown.length - 1), cy: y(shown.at(-1)), r: 3 }),
    ),
    el("figcaption", {}, words),
  );
}

/** [[step, loss]] of at most some hundred of them. */
function thinned(list) {
  const every = Math.max(1, Math.ceil(list.length / 380));
  return list.map((loss, i) => [i, loss]).filter(([i]) => i % every === 0 || i === list.length - 1);
}
