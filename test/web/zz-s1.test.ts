import { test } from "vitest";
import { startStandalone } from "../support/browser/dashboard-host.ts";
import { hostileWorld } from "../support/hostile/hostile-world.ts";
test("x", async () => {
  const h = await startStandalone();
  try { const t = Date.now(); const w = await hostileWorld(h.client); console.log(Date.now() - t, w.jobs, w.workflows); await w.close(); } finally { await h.stop(); }
});
