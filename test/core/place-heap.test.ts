import fc from "fast-check";
import { expect, test } from "vitest";
import { PlaceHeap } from "../../src/core/place-heap.ts";

test("gives back what was added, the smallest number first, then the first place", () => {
  const anEntry = fc.record({ key: fc.nat({ max: 5 }), place: fc.nat({ max: 50 }) });
  fc.assert(
    fc.property(fc.array(anEntry), fc.nat({ max: 20 }), (entries, taken) => {
      const heap = new PlaceHeap();
      const kept: { readonly key: number; readonly place: number }[] = [];
      for (const [i, entry] of entries.entries()) {
        heap.add(entry);
        kept.push(entry);
        if (i % 3 === 0 && i < taken) take();
      }
      while (kept.length > 0) take();
      expect([heap.first, heap.take()]).toEqual([undefined, undefined]);

      function take(): void {
        kept.sort((a, b) => a.key - b.key || a.place - b.place);
        const first = kept.shift();
        expect([heap.first, heap.take()]).toEqual([first, first]);
      }
    }),
  );
});
