// What the keys do.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=range]):not([type=radio]), select, textarea");
  if (event.key === "Escape" && !typing) return select(null);
  if (typing || event.target === byId("slider")) return;
  const inPicture = holder.contains(event.target);
  const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (arrow && inPicture) {
    event.preventDefault();
    if (event.shiftKey) return neighbour(-arrow[0], -arrow[1]);
    view2.x += arrow[0] * 60;
    view2.y += arrow[1] * 60;
    return place();
  }
  const actions = {
    n: () => goOn(1),
    ArrowRight: () => goOn(1),
    b: () => goOn(-1),
    ArrowLeft: () => goOn(-1),
    Home: () => goToStep(0),
    End: () => goToStep(timeline.length - 1),
    "/": () => search.focus(),
    "?": toggleKeys,
    "+": () => zoom(1.3),
    "=": () => zoom(1.3),
    "-": () => zoom(1 / 1.3),
    0: fitAll,
  };
  if (event.key === " " && !event.target.closest("button")) actions[" "] = play;
  if (event.key === "Enter" && event.target === holder && selected) actions.Enter = foldAround;
  const action = actions[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

/** Choose the nearest box in that direction. */
function neighbour(dx, dy) {
  const middle = (spot) => [spot.x + spot.w / 2, spot.y + spot.h / 2];
  const spots = [...drawn.values()].filter((spot) => spot.box || spot.module);
  const key = selected && seenAs(boxes.get(selected));
  const from = key && drawn.has(key) ? middle(drawn.get(key)) : null;
  let best = null,
    least = Infinity;
  for (const spot of spots) {
    if (!spot.box || spot.box.key === selected) continue;
    const [x, y] = middle(spot);
    const [rx, ry] = from ? [x - from[0], y - from[1]] : [x, y];
    const along = rx * dx + ry * dy,
      across = Math.abs(rx * dy) + Math.abs(ry * dx);
    if (from && along <= 0) continue;
    const cost = Math.abs(along) + 2.5 * across;
    if (cost < least) [least, best] = [cost, spot];
  }
  if (best) select(best.box.key);
}

/** Fold the innermost open module around the chosen box, or unfold the one that hides it. */
function foldAround() {
  const around = modulesAround(boxes.get(selected));
  const closed = around.find((module) => folded.has(module.key));
  if (closed) fold(closed.key);
  else if (around.length) fold(around[around.length - 1].key);
}

function toggleKeys() {
  byId("keys").hidden = !byId("keys").hidden;
  byId("help").setAttribute("aria-expanded", !byId("keys").hidden);
}
byId("help").addEventListener("click", toggleKeys);
