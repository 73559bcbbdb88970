/** Disks that fail: the real one, with one operation, or all from one on, answered by an error. */
import * as fs from 'node:fs/promises';
import type { FileHandle, FileSystem } from '../../../src/core/store/files/file-system.ts';

export interface FaultyDisk {
  readonly fileSystem: FileSystem;
  /** What was asked of the disk so far, such as `open`, `write`, `sync`. */
  readonly operations: readonly string[];
}

export interface Fault {
  /** Counted from 1 over all operations. */
  readonly at: number;
  readonly errno: string;
  /** 'once': the disk works again afterwards. 'forever': as after a crash, nothing reaches it any more. */
  readonly lasting: 'once' | 'forever';
}

/** How a write fails on a disk that is nearly full: it takes a part. */
const SHORT_WRITE_BYTES = 3;

export function faultyDisk(fault: Fault | null): FaultyDisk {
  const operations: string[] = [];
  const attempt = async <T>(operation: string, perform: () => Promise<T>): Promise<T> => {
    operations.push(operation);
    const fails = fault !== null && (fault.lasting === 'once' ? operations.length === fault.at : operations.length >= fault.at);
    if (fails) throw Object.assign(new Error(`${fault.errno}: ${operation}`), { code: fault.errno });
    return perform();
  };
  const open = async (...args: Parameters<typeof fs.open>) => faultyHandle(await attempt('open', () => fs.open(...args)), attempt);
  const wrapped = ['chmod', 'lstat', 'mkdir', 'readdir', 'rename', 'rm'] as const;
  const rest = wrapped.map((name) => {
    const original = fs[name] as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => attempt(name, () => original(...args))];
  });
  return { fileSystem: { open, ...Object.fromEntries(rest) } as FileSystem, operations };
}

/** A file system on which every sync of a directory answers this error, and all else works. */
export function directoriesFail(errno: string): FileSystem {
  const open = async (...args: Parameters<typeof fs.open>): Promise<FileHandle> => {
    const handle = await fs.open(...args);
    if (args[1] !== 'r') return handle;
    const sync = () => Promise.reject(Object.assign(new Error(`${errno}: sync`), { code: errno }));
    return new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = name === 'sync' ? sync : Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
  return { ...fs, open };
}

function faultyHandle(handle: FileHandle, attempt: <T>(operation: string, perform: () => Promise<T>) => Promise<T>): FileHandle {
  const write = async (bytes: Buffer, offset: number, length: number) => {
    if (length <= SHORT_WRITE_BYTES) return attempt('write', () => handle.write(bytes, offset, length));
    return attempt('write', () => handle.write(bytes, offset, Math.max(SHORT_WRITE_BYTES, length >> 1)));
  };
  return new Proxy(handle, {
    get: (target, name) => {
      if (name === 'write') return write;
      if (name === 'sync') return () => attempt('sync', () => target.sync());
      if (name === 'read') return (...args: Parameters<FileHandle['read']>) => attempt('read', () => target.read(...args));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
