import { History } from "../../history/history.tsx";
import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { Card } from "../../kit/layout.tsx";
import { withFilters } from "../../url/filters.ts";
import { restorableWorkflow } from "./restorable-workflow.ts";
import { workflowStrings } from "./strings.ts";
import { addressOf } from "./workflow-actions.ts";

/** What was done to a workflow, by whom, what it changed, and a way back. */
export function WorkflowHistory({ name }: { readonly name: string }) {
  const say = useStrings(workflowStrings);
  const versions = withFilters(addressOf(name), { tab: "versions" });
  return (
    <Card title={say("history")}>
      <History
        of={restorableWorkflow(name)}
        elsewhere={<TextLink href={versions}>{say("versionsHaveIt")}</TextLink>}
      />
    </Card>
  );
}
