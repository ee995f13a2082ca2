// Builds the pages for production: `node build.js <folder>`.

import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  throw new Error("the output folder is missing; usage: node build.js <folder>");
}
const here = import.meta.dirname;
const files = await readdir(here);
const pages = files.filter((file) => file.endsWith(".html"));

await build({
  entryPoints: pages.map((page) => join(here, "src", page.replace(".html", ".jsx"))),
  outdir: folder,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
});
await mkdir(folder, { recursive: true });
await Promise.all(pages.map((page) => copyFile(join(here, page), join(folder, page))));
