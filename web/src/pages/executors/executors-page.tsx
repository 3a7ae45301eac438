import { Page } from "../../kit/layout.tsx";

export function ExecutorsPage() {
  return <Page title="ExecutorsPage">…</Page>;
}
