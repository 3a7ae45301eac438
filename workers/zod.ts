import * as checks from "../node_modules/zod/v4/classic/checks.js";
import * as coerce from "../node_modules/zod/v4/classic/coerce.js";
import * as compat from "../node_modules/zod/v4/classic/compat.js";
import * as errors from "../node_modules/zod/v4/classic/errors.js";
import * as iso from "../node_modules/zod/v4/classic/iso.js";
import * as parse from "../node_modules/zod/v4/classic/parse.js";
import * as schemas from "../node_modules/zod/v4/classic/schemas.js";
import { NEVER } from "../node_modules/zod/v4/core/index.js";

/**
 * What Wrangler bundles in the place of `zod` (`[alias]` in wrangler.toml): all that a schema is made with. Its
 * messages in some fifty languages are left out, and `core`, which holds them too: they are a sixth of the whole
 * upload, nobody reads them here, and every isolate would parse them when it starts.
 */
export const z = { ...checks, ...compat, ...errors, ...parse, ...schemas, coerce, iso, NEVER };
