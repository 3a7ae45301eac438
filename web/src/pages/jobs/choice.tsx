/** A few choices side by side, of which one holds. */
export function Choice<V extends string>(props: {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V) => void;
}) {
  return (
    <fieldset class="min-w-0">
      <legend class="sr-only">{props.label}</legend>
      <div class="flex flex-wrap gap-1">
        {props.options.map(({ value, label }) => (
          <label
            key={value}
            class={`relative cursor-pointer rounded-md border px-2.5 py-1 focus-within:outline-2 focus-within:outline-accent ${value === props.value ? "border-accent bg-accent-ground font-medium" : "border-line hover:bg-hover"}`}
          >
            <input
              type="radio"
              class="sr-only"
              name={props.label}
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
