// Numbers as people write them.

function shortened(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

const MINUS = "−";

/** A number as people write it, with all the digits that are worth reading. */
function digits(x, dtype = "float64") {
  if (typeof x === "string") return x === "NaN" ? "nan" : x === "Infinity" ? "inf" : MINUS + "inf";
  if (x === null || x === undefined) return "";
  if (Number.isInteger(x) && Math.abs(x) < 1e15) return String(x).replace("-", MINUS);
  const size = Math.abs(x);
  let text;
  if (size >= 1e-4 && size < 1e6) {
    const whole = Math.max(0, Math.floor(Math.log10(size)));
    text = dtype === "float64" ? x.toFixed(9 - whole) : x.toPrecision(dtype === "float16" ? 4 : 7);
    // zeros at the end go where the shorter text says all of it: 0.5, but 0.751365070
    const short = text.includes("e") ? text : text.replace(/\.?0+$/, "");
    if (Math.abs(Number(short) - x) <= size * (dtype === "float64" ? 1e-14 : 1e-7)) text = short;
  } else {
    text = x
      .toExponential(dtype === "float64" ? 8 : 6)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }
  return text.replace(/-/g, MINUS);
}

/** The same in a few digits, for the boxes of the picture. */
function brief(x, count = 6) {
  if (typeof x === "string") return digits(x);
  const short = Number(x.toPrecision(count));
  const size = Math.abs(short);
  const text = size === 0 || (size >= 1e-4 && size < 1e7) ? String(short) : short.toExponential().replace("e+", "e");
  return text.replace(/-/g, MINUS);
}

function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1000).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}

const shapeText = (shape) => (shape.length ? shape.join("×") : "scalar");
