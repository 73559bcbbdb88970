/** Bytes that came in parts, as a whole: copied only where there are several. */
export function joined(parts: readonly Buffer[]): Buffer;
export function joined(parts: readonly Uint8Array[]): Uint8Array;
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first, second] = parts;
  return first !== undefined && second === undefined ? first : Buffer.concat(parts);
}
