/** The address of a node on as little room as a table has; the title has all of it. */
export function NodeText({ node }: { readonly node: string | null }) {
  if (node === null) return <span class="text-muted">–</span>;
  return (
    <span class="block max-w-48 truncate text-xs" title={node}>
      {node.replace(/^https?:\/\//, "")}
    </span>
  );
}
