import type { Page, Request } from "playwright-core";

/** A request whose answer goes on for as long as the page looks. */
const ENDLESS = /[?&]follow=1\b/;

/** Watches the requests of a page, but for those that are meant to stay open. */
export class PendingRequests {
  readonly #pending = new Set<Request>();
  #changedMs = Date.now();

  constructor(page: Page) {
    page.on("request", (request) => {
      if (!ENDLESS.test(request.url())) this.#change(() => this.#pending.add(request));
    });
    const end = (request: Request): void => this.#change(() => this.#pending.delete(request));
    page.on("requestfinished", end);
    page.on("requestfailed", end);
  }

  /** For how long nothing has been asked for; 0 while an answer is awaited. */
  quietMs(): number {
    return this.#pending.size === 0 ? Date.now() - this.#changedMs : 0;
  }

  #change(change: () => void): void {
    change();
    this.#changedMs = Date.now();
  }
}
