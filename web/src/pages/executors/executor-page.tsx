import { Page } from "../../kit/layout.tsx";

export function ExecutorPage() {
  return <Page title="ExecutorPage">…</Page>;
}
