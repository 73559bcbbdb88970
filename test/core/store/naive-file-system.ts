/** A disk as a careless program uses it: every link is followed. For tests that leave the defence out. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { FileSystem } from '../../../src/core/store/files/file-system.ts';

export const naiveFileSystem: FileSystem = {
  ...fs,
  open: (path, flags, mode) => fs.open(path, typeof flags === 'number' ? flags & ~constants.O_NOFOLLOW : flags, mode),
  lstat: fs.stat as typeof fs.lstat,
};
