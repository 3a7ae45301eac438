import { Page } from "../../kit/layout.tsx";

export function WorkflowPage() {
  return <Page title="WorkflowPage">…</Page>;
}
