import { Page } from "../../kit/layout.tsx";

export function SettingsPage() {
  return <Page title="SettingsPage">…</Page>;
}
