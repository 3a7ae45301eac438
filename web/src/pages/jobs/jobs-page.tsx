import { Page } from "../../kit/layout.tsx";

export function JobsPage() {
  return <Page title="JobsPage">…</Page>;
}
