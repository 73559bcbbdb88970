/**
 * WASI preview 1 without any grant, for languages whose libraries want it: clock, chance, and output, which becomes lines of the log. Everything else is
 * there and refuses, so that programs can be linked.
 */
import type { ModuleContext } from '../module.ts';
import { utf8Lines } from './lines.ts';
import type { Imported } from './engine.ts';
import type { Guest } from './guest.ts';

export const WASI = 'wasi_snapshot_preview1';

/** Answers of WASI's functions (`errno` in its documentation). */
const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_SUCH_FUNCTION = 52;
const NOT_CAPABLE = 76;

const GRANTED = [
  'args_get',
  'args_sizes_get',
  'environ_get',
  'environ_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'random_get',
  'fd_write',
  'fd_fdstat_get',
  'proc_exit',
  'sched_yield',
] as const;

const FILES = `fd_advise fd_allocate fd_close fd_datasync fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size
  fd_filestat_set_times fd_pread fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell`;
const PATHS = `path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink path_remove_directory
  path_rename path_symlink path_unlink_file`;
const OTHERS = 'poll_oneoff proc_raise sock_accept sock_recv sock_send sock_shutdown';

/** What each of the others answers. */
const REFUSED: ReadonlyMap<string, number> = new Map(
  (
    [
      [FILES, BAD_DESCRIPTOR],
      [PATHS, NOT_CAPABLE],
      [OTHERS, NO_SUCH_FUNCTION],
    ] as const
  ).flatMap(([names, errno]) => names.split(/\s+/).map((name) => [name, errno] as const)),
);

export const WASI_NAMES: readonly string[] = [...GRANTED, ...REFUSED.keys()];

const REAL_TIME = 0;
const NANOSECONDS = 1_000_000;
const CHARACTER_DEVICE = 2;
const MAY_WRITE = 64n;

export function wasiImports(guest: Guest, context: ModuleContext): Readonly<Record<string, Imported>> {
  const output = new Map([1, 2].map((descriptor) => [descriptor, utf8Lines((line) => context.log(line))]));
  const refused = [...REFUSED].map(([name, errno]) => [name, () => errno] as const);
  const none = (count: number, bytes: number): number => {
    guest.view(count, 4).setUint32(0, 0, true);
    guest.view(bytes, 4).setUint32(0, 0, true);
    return SUCCESS;
  };
  const granted: Readonly<Record<(typeof GRANTED)[number], Imported>> = {
    args_get: () => SUCCESS,
    args_sizes_get: none,
    environ_get: () => SUCCESS,
    environ_sizes_get: none,
    clock_res_get: (_clock: number, at: number) => {
      guest.view(at, 8).setBigUint64(0, BigInt(NANOSECONDS), true);
      return SUCCESS;
    },
    clock_time_get: (clock: number, _precision: bigint, at: number) => {
      const ms = clock === REAL_TIME ? context.now() : (context.monotonic?.() ?? context.now());
      guest.view(at, 8).setBigUint64(0, BigInt(Math.max(0, Math.round(ms * NANOSECONDS))), true);
      return SUCCESS;
    },
    random_get: (at: number, bytes: number) => {
      const view = guest.view(at, bytes);
      for (let index = 0; index < view.byteLength; index++) view.setUint8(index, Math.floor(context.random() * 256));
      return SUCCESS;
    },
    fd_write: (descriptor: number, list: number, count: number, writtenAt: number) => {
      const lines = output.get(descriptor);
      if (lines === undefined) return BAD_DESCRIPTOR;
      let written = 0;
      for (let index = 0; index < count >>> 0; index++) {
        const part = guest.view((list >>> 0) + index * 8, 8);
        const bytes = guest.read(part.getUint32(0, true), part.getUint32(4, true));
        lines(bytes);
        written += bytes.length;
      }
      guest.view(writtenAt, 4).setUint32(0, written, true);
      return SUCCESS;
    },
    fd_fdstat_get: (descriptor: number, at: number) => {
      if (!output.has(descriptor)) return BAD_DESCRIPTOR;
      const stat = guest.view(at, 24);
      for (let index = 0; index < stat.byteLength; index++) stat.setUint8(index, 0);
      stat.setUint8(0, CHARACTER_DEVICE);
      stat.setBigUint64(8, MAY_WRITE, true);
      return SUCCESS;
    },
    proc_exit: (code: number) => {
      throw new Error(`it ended itself with code ${code >>> 0}`);
    },
    sched_yield: () => SUCCESS,
  };
  return { ...Object.fromEntries(refused), ...granted };
}
