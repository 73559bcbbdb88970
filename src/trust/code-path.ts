/** The grammar of a file's path inside code: the same plain name on every file system (attack C4). */
const PART = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const MAX_PARTS = 16;
const MAX_LENGTH = 512;

/** Windows reads these names as devices, whatever extension follows. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Whether a manifest may name this path: relative, `/` between parts, no dotfiles, no `..`. */
export function isCodePath(path: string): boolean {
  if (path.length > MAX_LENGTH) return false;
  const parts = path.split('/');
  return parts.length <= MAX_PARTS && parts.every(isCodeName);
}

/** Whether one part of a path may be so named. Windows drops a dot at the end, so that two names would be one. */
function isCodeName(part: string): boolean {
  return PART.test(part) && !part.endsWith('.') && !DEVICE.test(part);
}
