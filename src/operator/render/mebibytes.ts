/** Amounts of code, for people: `3.2`, in MiB. */
export function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
