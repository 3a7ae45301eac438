import { Page } from "../../kit/layout.tsx";

export function WorkflowsPage() {
  return <Page title="WorkflowsPage">…</Page>;
}
