import type { ComponentChildren } from "preact";
import { useStrings } from "../i18n/strings.ts";
import { kitStrings } from "./strings.ts";

/** One column: its heading, and what it shows of a row. */
export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Left out on narrow screens. */
  readonly isWideOnly?: boolean;
  readonly isNumber?: boolean;
}

export interface Selection {
  readonly ids: ReadonlySet<string>;
  toggle(id: string): void;
  toggleAll(ids: readonly string[]): void;
}

interface TableProps<T> {
  /** What the table shows, for those who hear it. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly idOf: (row: T) => string;
  /** How a row is called where it is selected. */
  readonly nameOf?: (row: T) => string;
  readonly selection?: Selection;
  /** Tighter lines. */
  readonly isDense?: boolean;
  /** Rows that stand out, such as the one that the keyboard is on. */
  readonly currentId?: string | null;
}

/** A table of rows, whose first cell should hold the link to the row. */
export function Table<T>(props: TableProps<T>) {
  const { caption, columns, rows, idOf, isDense = false, currentId } = props;
  const padding = isDense ? "px-2 py-0.5" : "px-2 py-1.5";
  return (
    <div class="relative overflow-x-auto" tabIndex={0} role="region" aria-label={caption}>
      <table class="w-full border-collapse text-left">
        <caption class="sr-only">{caption}</caption>
        <thead>
          <tr class="border-b border-line text-xs text-muted">
            {props.selection !== undefined && <SelectAll {...props} selection={props.selection} />}
            {columns.map((column) => (
              <th key={column.key} scope="col" class={`${padding} font-medium ${classOf(column)}`}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const id = idOf(row);
            return (
              <tr
                key={id}
                data-row={id}
                class={`border-b border-line last:border-0 hover:bg-hover ${id === currentId ? "bg-accent-ground" : ""}`}
              >
                {props.selection !== undefined && (
                  <SelectRow name={props.nameOf?.(row) ?? id} id={id} selection={props.selection} />
                )}
                {columns.map((column) => (
                  <td key={column.key} class={`${padding} align-middle ${classOf(column)}`}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function classOf<T>({ isWideOnly, isNumber }: Column<T>): string {
  return `${isWideOnly === true ? "hidden md:table-cell" : ""} ${isNumber === true ? "text-right" : ""}`;
}

function SelectAll<T>(props: TableProps<T> & { readonly selection: Selection }) {
  const say = useStrings(kitStrings);
  const ids = props.rows.map(props.idOf);
  const isAll = ids.length > 0 && ids.every((id) => props.selection.ids.has(id));
  return (
    <th scope="col" class="w-8 px-2">
      <input
        type="checkbox"
        aria-label={say("selectAll")}
        checked={isAll}
        onChange={() => props.selection.toggleAll(ids)}
      />
    </th>
  );
}

function SelectRow(props: {
  readonly id: string;
  readonly name: string;
  readonly selection: Selection;
}) {
  const say = useStrings(kitStrings);
  return (
    <td class="w-8 px-2">
      <input
        type="checkbox"
        aria-label={say("selectRow", { name: props.name })}
        checked={props.selection.ids.has(props.id)}
        onChange={() => props.selection.toggle(props.id)}
      />
    </td>
  );
}
