/** A bar that fills as something gets done. */

export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}]`;
}
