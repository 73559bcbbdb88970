/**
 * The core's descriptors, as far as its hosts are concerned. Node closes its own when another program starts, and of those
 * that it was started with only the first few; each host covers the others with /dev/null (attack D5).
 */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

const LAST_STANDARD = 2;
const O_CLOEXEC = 0o2000000;

let inherited: readonly number[] | undefined;

/** The descriptors above those of standard streams that would leak. What a process was started with does not change later. */
export function inheritedDescriptors(): readonly number[] {
  inherited ??= openDescriptors().filter((descriptor) => descriptor > LAST_STANDARD && leaks(descriptor));
  return inherited;
}

/** Without a /proc the system closes descriptors by itself when a program starts another (macOS). */
function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

function leaks(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0';
    return (parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}

/** Throws the system's own error when fewer than `count` descriptors are free. */
export function requireDescriptors(count: number): void {
  const taken: number[] = [];
  try {
    while (taken.length < count) taken.push(openSync('/dev/null', 'r'));
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}
