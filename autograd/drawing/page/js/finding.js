// The search for a value, an operation or a module.

const search = byId("search"),
  found = byId("found");
let option = -1;

function find() {
  const wanted = search.value.trim().toLowerCase();
  found.replaceChildren();
  option = -1;
  if (wanted) {
    const hits = [];
    for (const module of modules.values()) {
      if (module.path.toLowerCase().includes(wanted))
        hits.push([
          module.path,
          "module",
          () => {
            openTo(module);
            show(module.key);
          },
        ]);
    }
    for (const box of boxes.values()) {
      const text = [box.label, box.name, box.operation].filter(Boolean).join(" ");
      if (text.toLowerCase().includes(wanted)) hits.push([label(box), box.operation || box.role, () => goTo(box.key)]);
    }
    // what begins with it comes first
    hits.sort((a, b) => b[0].toLowerCase().startsWith(wanted) - a[0].toLowerCase().startsWith(wanted));
    for (const [name, kind, go] of hits.slice(0, 30)) {
      found.append(
        el(
          "li",
          {
            role: "option",
            "aria-selected": "false",
            onclick: () => {
              closeFound();
              go();
            },
          },
          name,
          " ",
          el("small", {}, kind),
        ),
      );
    }
    if (!hits.length) found.append(el("li", { class: "faint" }, "nothing of that name"));
    say(`${hits.length} found`);
  }
  found.hidden = !wanted;
  search.setAttribute("aria-expanded", String(Boolean(wanted)));
}

function openTo(module) {
  for (let key = module.parent; key; key = modules.get(key).parent) folded.delete(key);
  draw();
}

function closeFound() {
  search.value = "";
  find();
}

search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  const items = [...found.querySelectorAll("[role=option]")];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    option = items.length ? (option + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length : -1;
    items.forEach((item, i) => {
      item.setAttribute("aria-selected", i === option);
      item.id = `found-${i}`;
      if (i === option) item.scrollIntoView({ block: "nearest" });
    });
    if (option >= 0) search.setAttribute("aria-activedescendant", `found-${option}`);
  } else if (event.key === "Enter" && items.length) {
    event.preventDefault();
    items[Math.max(0, option)].click();
  } else if (event.key === "Escape") closeFound();
});
document.addEventListener("pointerdown", (event) => {
  if (!found.hidden && !event.target.closest(".search")) closeFound();
});
