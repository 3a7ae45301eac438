/** How far something is, from 0 to 100; null is on its way without a measure. */
export function Progress(props: { readonly percent: number | null; readonly label: string }) {
  const { percent, label } = props;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { "aria-valuenow": percent })}
      class="h-2 w-full overflow-hidden rounded bg-hover"
    >
      <div
        class={`h-full bg-busy-fill ${percent === null ? "w-1/3 animate-pulse" : ""}`}
        style={percent === null ? {} : { width: `${Math.min(100, Math.max(0, percent))}%` }}
      />
    </div>
  );
}
