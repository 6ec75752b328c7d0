// Calls functions of a browser module that touches no browser: `node run_module.mjs MODULE`, with one of these on
// standard input, and prints the results. An argument {"constant": NAME} is that constant of the module.
// {"calls": [[NAME, ...ARGUMENTS]]}: one result for each call.
// {"folds": [{"from": STATE, "steps": [[NAME, ...ARGUMENTS]]}], "carry": FIELD?}: for each fold the results of its
// steps; each step gets as its first argument the last result, or that field of it.
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const module = await import(pathToFileURL(process.argv[2]));
const { calls, folds, carry } = JSON.parse(readFileSync(0, "utf8"));
const valueOf = (given) => (given?.constant ? module[given.constant] : given);
const call = ([name, ...given], ...first) => module[name](...first, ...given.map(valueOf)) ?? null;

function fold({ from, steps }) {
  let state = valueOf(from);
  return steps.map((step) => {
    const result = call(step, state);
    state = carry ? result[carry] : result;
    return result;
  });
}
process.stdout.write(JSON.stringify(calls ? calls.map((one) => call(one)) : folds.map(fold)));
