import { Page } from "../../kit/layout.tsx";

export function JobNewPage() {
  return <Page title="JobNewPage">…</Page>;
}

export function JobEditPage() {
  return <Page title="JobEditPage">…</Page>;
}
