import { mendABrokenJob } from "./stories/a-broken-job.ts";
import { changeAJobAtOnce, makeAJob } from "./stories/a-job-from-the-form.ts";
import { followALog } from "./stories/a-log-while-it-runs.ts";
import { readWhatFails } from "./stories/a-query-that-fails.ts";
import { findTheWayBack } from "./stories/a-way-back.ts";
import { watchAWorkflowRun } from "./stories/a-workflow-run.ts";
import { exchangeASecret } from "./stories/an-executor-and-its-secrets.ts";
import { comeBackToTheList } from "./stories/filters-and-back.ts";
import { useKeysOnly } from "./stories/keys-only.ts";
import { changeTheLooks } from "./stories/looks-of-the-pages.ts";
import { lookOnly, seeOneExecutor } from "./stories/roles-and-limits.ts";
import { signOutAnotherBrowser } from "./stories/sessions-of-one-person.ts";
import type { StoryWorld } from "./stories/story-world.ts";

type Story = (world: StoryWorld) => Promise<void>;

/** What people do at the dashboard, on whatever host it is served; each story by what it shows. */
export const STORIES: readonly (readonly [string, Story])[] = [
  ["a job is made with the form, whose draft outlives a refusal and a reload", makeAJob],
  ["two who change one job at once choose field by field what stays", changeAJobAtOnce],
  ["a broken job needs attention until a retry goes well", mendABrokenJob],
  ["a log is followed while its run goes on, searched and downloaded", followALog],
  ["a workflow run is watched, approved, and retried from a step", watchAWorkflowRun],
  ["an executor's first node arrives, and its secret is exchanged", exchangeASecret],
  ["what was changed is seen, and put back where nobody else was quicker", findTheWayBack],
  ["a browser that is signed out loses nothing of what was typed", signOutAnotherBrowser],
  ["a viewer is offered no change and is refused each", lookOnly],
  ["who is limited to one executor sees nothing of the others", seeOneExecutor],
  ["language, colours and time zone change at once and stay", changeTheLooks],
  ["back restores the list, and new runs move no row", comeBackToTheList],
  ["every page and row is reached by keys", useKeysOnly],
  ["a query that fails says so until a retry goes well", readWhatFails],
];
