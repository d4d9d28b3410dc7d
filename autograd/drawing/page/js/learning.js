// Gradient descent on the page: one step, a hundred, or until it converges.

const learned = live.learned.map((key) => live.boxes[key]);
let running = null;
let said = "";

const rate = () => {
  const typed = Number(byId("rate").value.replace(",", ".").replace("−", "-"));
  return Number.isFinite(typed) ? typed : 0;
};

/** One step of gradient descent: w ← w − η ∂L/∂w. */
function descend(eta) {
  if (!losses.length) losses.push(lossNow());
  for (const [n, g] of learned) v[n] = np.subtract(v[n], np.multiply(eta, v[g]));
  computeAll();
  steps++;
  losses.push(lossNow());
}

function severalSteps(count) {
  stop();
  if (!changed) computeAll();
  remember();
  const eta = rate();
  for (let i = 0; i < count && Number.isFinite(lossNow()); i++) descend(eta);
  said = Number.isFinite(lossNow()) ? "" : "It diverged: take a smaller learning rate, and go back.";
  showAll(`${steps} steps, ${seedName} = ${digits(lossNow())}. ${said}`);
}

const CALM = 1e-9; // a step that changes the loss by so small a part of it
const MOST = 100000;

/** Steps, some each picture, until the loss hardly changes. */
function untilConverged() {
  if (running) return stop();
  if (!changed) computeAll();
  remember();
  const eta = rate(),
    from = steps;
  const go = () => {
    const until = performance.now() + 12;
    let over = "";
    while (performance.now() < until && !over) {
      const before = lossNow();
      descend(eta);
      const now = lossNow();
      if (!Number.isFinite(now)) over = "It diverged: take a smaller learning rate, and go back.";
      else if (Math.abs(now - before) <= CALM * Math.abs(now) || now === 0) over = "It has converged.";
      else if (steps - from >= MOST) over = `Stopped after ${MOST} steps.`;
    }
    said = over;
    running = over ? null : requestAnimationFrame(go);
    showAll(over && `${over} ${steps} steps, ${seedName} = ${digits(lossNow())}`);
  };
  running = requestAnimationFrame(go);
  return showLive();
}

function stop() {
  if (!running) return;
  cancelAnimationFrame(running);
  running = null;
  showLive();
}
