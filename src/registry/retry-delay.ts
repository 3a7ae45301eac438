/** How long to wait after so many failures in a row: it doubles, up to a bound. */
export function retryDelayMs(
  failures: number,
  { retryMs, retryMsMax }: { readonly retryMs: number; readonly retryMsMax: number },
): number {
  return Math.min(retryMsMax, retryMs * 2 ** Math.min(16, Math.max(0, failures - 1)));
}
