// Copies what the pages need from node_modules to web/static/vendor: `npm ci --ignore-scripts && node web/assets.mjs`.
// Nothing is bundled or transpiled; every file is served as its package ships it. Texts get a .gz beside them.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "node_modules");
const vendor = join(here, "static", "vendor");
const kern = join(modules, "@kern-ux/native");

// The weights KERN's styles use (400, 500, 600, 700); the package ships 36 cuts, 4.3 MB.
const CUTS = ["Regular", "Italic", "Medium", "SemiBold", "Bold"];

rmSync(vendor, { recursive: true, force: true });
copy(join(kern, "dist/kern.min.css"), "kern/kern.min.css");
copy(join(kern, "LICENSE.md"), "kern/LICENSE.md");
for (const cut of CUTS) copy(join(kern, `dist/fonts/fira-sans/FiraSans-${cut}.woff2`), `kern/fira-sans/FiraSans-${cut}.woff2`);
write("kern/fira-sans.css", fontFaces(readFileSync(join(kern, "dist/fonts/fira-sans.css"), "utf8")));
copy(join(modules, "htmx.org/dist/htmx.min.js"), "htmx/htmx.min.js");
copy(join(modules, "htmx.org/LICENSE"), "htmx/LICENSE");
// The viewer only; its licence asks that the bpmn.io mark stays visible on every diagram.
copy(join(modules, "bpmn-js/dist/bpmn-viewer.production.min.js"), "bpmn-js/bpmn-viewer.min.js");
copy(join(modules, "bpmn-js/dist/assets/diagram-js.css"), "bpmn-js/diagram-js.css");
copy(join(modules, "bpmn-js/LICENSE"), "bpmn-js/LICENSE");
compress(vendor);

function copy(from, to) {
  mkdirSync(dirname(join(vendor, to)), { recursive: true });
  cpSync(from, join(vendor, to));
}

function write(to, text) {
  mkdirSync(dirname(join(vendor, to)), { recursive: true });
  writeFileSync(join(vendor, to), text);
}

// Keep the @font-face blocks of the copied cuts, and show text in a fallback font until they are there.
function fontFaces(css) {
  const blocks = css.match(/@font-face\s*{[^}]*}/g).filter((block) => CUTS.some((cut) => block.includes(`FiraSans-${cut}.woff2`)));
  if (blocks.length !== CUTS.length) throw new Error(`expected ${CUTS.length} font faces, found ${blocks.length}`);
  return blocks.map((block) => block.replace(/}$/, "    font-display: swap;\n}")).join("\n") + "\n";
}

function compress(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) compress(path);
    else if (/\.(css|js)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}
