import { Page } from "../../kit/layout.tsx";

export function RunPage() {
  return <Page title="RunPage">…</Page>;
}
