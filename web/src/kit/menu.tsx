import { DropdownMenu } from "radix-ui";
import type { ComponentChildren } from "preact";

export interface MenuItem {
  readonly label: string;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}

interface MenuProps {
  /** What opens it; `label` says so where it is only an icon. */
  readonly trigger: ComponentChildren;
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** A list of actions behind a button, for keyboard and pointer. */
export function Menu({ trigger, label, items }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={label}
        title={label}
        class="inline-flex min-h-8 items-center gap-1 rounded-md px-1.5 text-muted hover:bg-hover hover:text-text"
      >
        {trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          class="z-50 min-w-44 rounded-md border border-line bg-raised p-1 shadow-lg"
        >
          {items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              disabled={item.isDisabled ?? false}
              onSelect={() => item.onSelect()}
              class={`cursor-pointer rounded px-2 py-1.5 outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover ${item.isDanger === true ? "text-bad" : ""}`}
            >
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
