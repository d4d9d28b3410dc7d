// What scrolls sideways can be reached by the keyboard.
document.addEventListener("DOMContentLoaded", () => {
  const mark = () => {
    for (const one of document.querySelectorAll(".formula, .output, .table-wrapper, .highlight pre, .output *")) {
      const scrolls = one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX !== "visible";
      if (scrolls) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    }
  };
  mark();
  window.addEventListener("resize", mark);
});
