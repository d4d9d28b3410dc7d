// The formulas on standard input (a JSON list of LaTeX) by KaTeX and by MathJax 4: a JSON list of what went wrong.
// Both are looked for in the folder that is the argument, where `npm install katex mathjax@4` put them.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const folder = process.argv[2];
const require = createRequire(join(folder, "here.js"));
const katex = require("katex");
const { default: MathJax } = await import(pathToFileURL(require.resolve("mathjax")).href);
await MathJax.init({ loader: { load: ["input/tex"] } });

let text = "";
for await (const piece of process.stdin) text += piece;
const faults = [];
// letters beyond Latin and Greek stay as they are, which KaTeX is strict about
const strict = (code) => (code.startsWith("unicode") || code === "unknownSymbol" ? "ignore" : "error");
for (const formula of JSON.parse(text)) {
    try {
        katex.renderToString(formula, { throwOnError: true, strict, displayMode: true });
    } catch (error) {
        faults.push(`KaTeX: ${error.message}\n  ${formula}`);
    }
    const written = await MathJax.tex2mmlPromise(formula, { display: true });
    if (/<merror|mathcolor="red"/.test(written)) faults.push(`MathJax: ${written}\n  ${formula}`);
}
process.stdout.write(JSON.stringify({ katex: katex.version, mathjax: MathJax.version, faults }));
