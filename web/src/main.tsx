// oxlint-disable-next-line import/no-unassigned-import -- The styles of the page.
import "./theme.css";
import { setNonce } from "get-nonce";
import { render } from "preact";
import { App } from "./app.tsx";
import { keepPlaces } from "./url/scroll.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has a place for the dashboard.");
// Dialogs add one style of their own, which the policy of the page lets in by this number only.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
if (nonce !== undefined && nonce !== "") setNonce(nonce);
keepPlaces();
render(<App />, root);
