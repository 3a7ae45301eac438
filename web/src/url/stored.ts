/** One text that the browser remembers. Where it may remember nothing, it lasts as long as the page. */
export interface StoredText {
  read(): string | null;
  write(text: string | null): void;
}

/** A text in the browser's local storage. */
export function storedText(key: string): StoredText {
  let held: string | null | undefined;
  return {
    read() {
      if (held !== undefined) return held;
      try {
        held = localStorage.getItem(key);
      } catch {
        held = null;
      }
      return held;
    },
    write(text) {
      held = text;
      try {
        if (text === null) localStorage.removeItem(key);
        else localStorage.setItem(key, text);
      } catch {
        // Private windows may refuse; the text is held for this page.
      }
    },
  };
}
