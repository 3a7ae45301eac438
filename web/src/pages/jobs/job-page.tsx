import { Page } from "../../kit/layout.tsx";

export function JobPage() {
  return <Page title="JobPage">…</Page>;
}
