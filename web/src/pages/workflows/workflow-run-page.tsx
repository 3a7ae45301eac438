import { Page } from "../../kit/layout.tsx";

export function WorkflowRunPage() {
  return <Page title="WorkflowRunPage">…</Page>;
}
