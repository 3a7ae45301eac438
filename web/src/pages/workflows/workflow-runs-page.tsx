import { Page } from "../../kit/layout.tsx";

export function WorkflowRunsPage() {
  return <Page title="WorkflowRunsPage">…</Page>;
}
