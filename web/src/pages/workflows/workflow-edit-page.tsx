import { Page } from "../../kit/layout.tsx";

export function WorkflowNewPage() {
  return <Page title="WorkflowNewPage">…</Page>;
}

export function WorkflowEditPage() {
  return <Page title="WorkflowEditPage">…</Page>;
}
