/**
 * Loaded before the simulator by `node --import`: plants the bug that the environment names into the code
 * under test as it is read. The sources on disk stay as they are.
 */
import { registerHooks } from "node:module";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const bug = PLANTED_BUGS.find(({ name }) => name === process.env["PLANTED_BUG"]);
if (bug === undefined) throw new Error(`there is no bug "${process.env["PLANTED_BUG"]}" to plant`);

const { href } = new URL(`../../src/${bug.file}`, import.meta.url);
registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    if (url !== href) return loaded;
    const source =
      typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    if (source.split(bug.find).length !== 2)
      throw new Error(`"${bug.find}" does not occur exactly once in ${bug.file}`);
    return { ...loaded, source: source.replace(bug.find, () => bug.replace) };
  },
});
