/** Writes the table of controls into ARCHITECTURE.md: `node test/support/write-controls.main.ts`. */
import { writeTable } from "./workflow-controls.ts";

writeTable();
