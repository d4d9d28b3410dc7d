// Light, dark, and paper.

const system = window.matchMedia("(prefers-color-scheme: dark)");
let theme = null; // null: as the system has it

// In a frame of another page its ground decides, where it can be seen: pages turn dark without asking the system.
function frame() {
  try {
    return window.frameElement;
  } catch {
    return null;
  }
}
function ground() {
  for (let one = frame(); one; one = one.parentElement) {
    const colour = one.ownerDocument.defaultView.getComputedStyle(one).backgroundColor;
    const [red, green, blue, alpha = 1] = colour.startsWith("rgb") ? colour.match(/[\d.]+/g).map(Number) : [0, 0, 0, 0];
    if (alpha > 0.5) return 0.3 * red + 0.59 * green + 0.11 * blue < 128 ? "dark" : "light";
  }
  return null;
}

function paint() {
  document.documentElement.dataset.theme = theme || ground() || (system.matches ? "dark" : "light");
}
if (frame()) {
  const watch = new MutationObserver(paint);
  const host = frame().ownerDocument;
  for (const one of [host.documentElement, host.body]) watch.observe(one, { attributes: true });
}
byId("theme").addEventListener("click", () => {
  const order = system.matches ? [null, "light", "dark"] : [null, "dark", "light"];
  theme = order[(order.indexOf(theme) + 1) % 3];
  byId("theme").setAttribute("aria-label", `Colours: ${theme || "as the system has them"}`);
  paint();
});
system.addEventListener("change", paint);

let printing = false;
window.addEventListener("beforeprint", () => {
  printing = true;
  document.documentElement.dataset.theme = "light";
  canvas.setAttribute("viewBox", `-10 -10 ${layout.size[0] + 20} ${layout.size[1] + 20}`);
  canvas.style.aspectRatio = `${layout.size[0] + 20} / ${layout.size[1] + 20}`;
  root.removeAttribute("transform");
});
window.addEventListener("afterprint", () => {
  printing = false;
  canvas.removeAttribute("viewBox");
  canvas.style.aspectRatio = "";
  paint();
  place();
});
