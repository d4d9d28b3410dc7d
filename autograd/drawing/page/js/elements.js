// Elements of the page, made one by one, and the two blocks of JSON that it is made from: "content" (boxes, steps,
// formulas) and "positions" (where Graphviz put everything, once for each depth of folding). All text from there is
// shown through textContent: nothing in a name can become markup.

const content = JSON.parse(document.getElementById("content").textContent);
const ways = JSON.parse(document.getElementById("positions").textContent);
let positions = ways[0]; // see ``takeWay``

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** An element with attributes and children; a string among the children becomes text. */
function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A formula: its tree of MathML elements, with the source for who cannot see them. */
function formula(pair) {
  if (!pair) return el("span", { class: "faint" }, "not given");
  const build = (tree) => {
    const [name, ...rest] = tree;
    if (name === "mspace") {
      const space = document.createElementNS(MATHML, "mspace");
      space.setAttribute("width", rest[0]);
      return space;
    }
    const element = document.createElementNS(MATHML, name);
    for (const child of rest) element.append(typeof child === "string" ? child : build(child));
    return element;
  };
  const math = document.createElementNS(MATHML, "math");
  math.setAttribute("display", "inline");
  math.setAttribute("displaystyle", "true");
  math.setAttribute("alttext", pair[1]);
  math.append(build(pair[0]));
  return math;
}
