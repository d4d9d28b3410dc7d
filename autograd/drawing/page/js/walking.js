// From step to step: the buttons, the slider, the list, and play.

let playing = null;

function goToStep(index, spoken = true) {
  at = Math.min(timeline.length - 1, Math.max(0, index));
  selected = null;
  refresh();
  const step = timeline[at];
  if (step.box) {
    for (const one of step.to || []) show(seenAs(one.box));
    show(seenAs(boxes.get(step.box)));
  }
  byId("panel").scrollTop = 0;
  if (spoken) say(`Step ${at} of ${timeline.length - 1}. ${stepSentence(at)}`);
}

/** To the next step in a direction; practice passes over those at which nothing is asked. */
function goOn(direction) {
  let index = at + direction;
  while (index > 0 && index < timeline.length - 1 && isPassed(index)) index += direction;
  goToStep(index);
}

function refresh() {
  update();
  showNode();
  showStep();
  const last = timeline.length - 1;
  byId("slider").max = last;
  byId("slider").value = at;
  byId("slider").setAttribute("aria-valuetext", stepTitle(at));
  byId("where").textContent = at ? `${at} of ${last} · ${stepTitle(at)}` : `${last} steps`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("next").disabled = byId("last").disabled = at === last;
  showList();
}

/** The ordered list of all steps in words: the page without its picture. */
function showList() {
  const list = byId("list");
  if (list.children.length !== timeline.length - 1) {
    list.replaceChildren(
      ...timeline
        .slice(1)
        .map((_, i) => el("li", {}, el("button", { type: "button", onclick: () => goToStep(i + 1) }))),
    );
  }
  for (let i = 1; i < timeline.length; i++) {
    const item = list.children[i - 1],
      text = stepSentence(i);
    if (item.dataset.text !== text) {
      item.dataset.text = text;
      item.firstChild.replaceChildren(el("span", { class: "n" }, `${i}.`), ` ${text}`);
    }
    if (i === at) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

function play() {
  if (playing) return pause();
  if (at === timeline.length - 1) goToStep(0);
  byId("play").classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
  const tick = () => {
    const asks = document.querySelector("#step form.ask");
    if (at === timeline.length - 1 || asks) return pause();
    goOn(1);
    playing = setTimeout(tick, 1400);
  };
  playing = setTimeout(tick, 150);
}

function pause() {
  clearTimeout(playing);
  playing = null;
  byId("play").classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

const say = (text) => {
  byId("say").textContent = text;
};

byId("first").addEventListener("click", () => goToStep(0));
byId("back").addEventListener("click", () => goOn(-1));
byId("next").addEventListener("click", () => goOn(1));
byId("last").addEventListener("click", () => goToStep(timeline.length - 1));
byId("play").addEventListener("click", play);
byId("slider").addEventListener("input", () => goToStep(Number(byId("slider").value), false));
