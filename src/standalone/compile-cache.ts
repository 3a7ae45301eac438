import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Loaded by Node ahead of everything: what it has compiled once it need not compile again, which is a third of a start.
// Kept beside the packages, where only whoever installs them may write.
enableCompileCache(join(import.meta.dirname, "../../node_modules/.cache/tickwheel"));
