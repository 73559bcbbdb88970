/** The width of the terminal. Build servers and serial lines report 0 when they do not know it. */

export function terminalColumns(unknown: number, out: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout): number {
  return out.isTTY === true && out.columns !== undefined && out.columns > 0 ? out.columns : unknown;
}
