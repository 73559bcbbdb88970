/** A disk of a few files in memory: fast enough to read a state file thousands of times a second. */
import type { FileHandle, FileSystem } from '../../src/core/store/files/file-system.ts';

/** A file system that holds `files`, by path; it takes writes too. */
export function memoryDisk(files: Readonly<Record<string, Uint8Array>>): FileSystem {
  const held = new Map(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes)]));
  const disk = {
    open: (path: string, flags: number | string) => Promise.resolve(openFile(held, path, flags)),
    lstat: (path: string) => (held.has(path) ? Promise.resolve(statOf(held, path)) : Promise.reject(absent())),
    rename: (from: string, to: string) => {
      held.set(to, held.get(from) ?? Buffer.alloc(0));
      held.delete(from);
      return Promise.resolve();
    },
    rm: (path: string) => Promise.resolve(void held.delete(path)),
  };
  return disk as unknown as FileSystem;
}

function openFile(held: Map<string, Buffer>, path: string, flags: number | string): Promise<FileHandle> | FileHandle {
  const isDirectory = [...held.keys()].some((name) => name.startsWith(`${path}/`));
  if (flags === 'wx') held.set(path, Buffer.alloc(0));
  else if (!held.has(path) && !isDirectory) return Promise.reject(absent());
  const handle = {
    stat: () => Promise.resolve(statOf(held, path)),
    read: (into: Buffer, offset: number, length: number, at: number) =>
      Promise.resolve({ bytesRead: (held.get(path) ?? Buffer.alloc(0)).copy(into, offset, at, at + length) }),
    write: (bytes: Uint8Array, offset: number, length: number) => {
      held.set(path, Buffer.concat([held.get(path) ?? Buffer.alloc(0), bytes.subarray(offset, offset + length)]));
      return Promise.resolve({ bytesWritten: length });
    },
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return handle as unknown as FileHandle;
}

function statOf(held: Map<string, Buffer>, path: string): { isFile: () => boolean; size: number } {
  return { isFile: () => held.has(path), size: held.get(path)?.length ?? 0 };
}

function absent(): Error {
  return Object.assign(new Error('there is no such file'), { code: 'ENOENT' });
}
