/** How wide the terminal is. One that does not know answers 0, as those of build servers and serial lines do. */

export function terminalColumns(unknown: number, out: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout): number {
  return out.isTTY === true && out.columns !== undefined && out.columns > 0 ? out.columns : unknown;
}
