import { WaitingLine, type InLine } from "./waiting-line.ts";

/** What stands in lines of which the higher priority goes first. */
export interface InPriorityLine extends InLine {
  readonly priority: number;
}

/** Waiting lines side by side, one for each priority at which something waits. */
export class PriorityLine<T extends InPriorityLine> {
  readonly #levels = new Map<number, WaitingLine<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const level = this.#levels.get(item.priority) ?? new WaitingLine<T>();
    this.#levels.set(item.priority, level);
    level.add(item);
    this.#size++;
  }

  remove(item: T): void {
    const level = this.#levels.get(item.priority);
    if (level === undefined) return;
    level.remove(item);
    this.#size--;
    if (level.size === 0) this.#levels.delete(item.priority);
  }

  /** The first of a priority. */
  first(priority: number): T | undefined {
    return this.#levels.get(priority)?.head;
  }

  /** The priorities at which something waits, in no order. */
  priorities(): Iterable<number> {
    return this.#levels.keys();
  }
}
