// Light, dark, and paper.

const system = window.matchMedia("(prefers-color-scheme: dark)");
let theme = null; // null: as the system has it

function paint() {
  document.documentElement.dataset.theme = theme || (system.matches ? "dark" : "light");
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
