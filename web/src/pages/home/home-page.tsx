import { Page } from "../../kit/layout.tsx";

export function HomePage() {
  return <Page title="HomePage">…</Page>;
}
