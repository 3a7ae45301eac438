import { Page } from "../../kit/layout.tsx";

export function ExecutorNewPage() {
  return <Page title="ExecutorNewPage">…</Page>;
}
