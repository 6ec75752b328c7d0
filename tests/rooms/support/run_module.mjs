// Calls functions of a browser module that touches no browser: `node run_module.mjs MODULE`, with
// {"from": CONSTANT, "steps": [[NAME, ...ARGUMENTS]]} or {"calls": [[NAME, ...ARGUMENTS]]} on standard input.
// A fold gives each function the last result first and prints all results; calls print each result.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const module = await import(pathToFileURL(process.argv[2]));
const { from, steps, calls } = JSON.parse(readFileSync(0, "utf8"));
const results = [];
if (calls) {
  for (const [name, ...given] of calls) results.push(module[name](...given) ?? null);
} else {
  let state = module[from];
  for (const [name, ...given] of steps) results.push((state = module[name](state, ...given)));
}
process.stdout.write(JSON.stringify(results));
