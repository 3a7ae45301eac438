import { Page } from "../../kit/layout.tsx";

export function RunsPage() {
  return <Page title="RunsPage">…</Page>;
}
