/** Names that systems leave in directories by themselves: a directory that holds nothing else is empty. */

const NEW_DISKS_AND_SNAPSHOTS = ['lost+found', '.snapshot', '.snapshots', '@eaDir'];
const MACOS = ['.DS_Store', '.fseventsd', '.Spotlight-V100', '.Trashes', '.TemporaryItems', '.localized'];
const DESKTOPS = ['.directory', 'System Volume Information', '$RECYCLE.BIN', 'Thumbs.db', 'desktop.ini'];
const LITTER: ReadonlySet<string> = new Set([...NEW_DISKS_AND_SNAPSHOTS, ...MACOS, ...DESKTOPS]);

/** macOS keeps its attributes beside a file on foreign disks, NFS a file that is removed while it is open, desktops what was thrown away. */
const LITTER_PATTERN = /^(\._.+|\.nfs[0-9a-f]{8,}|\.Trash-\d+)$/;

export function isLitter(name: string): boolean {
  return LITTER.has(name) || LITTER_PATTERN.test(name);
}
