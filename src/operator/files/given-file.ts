/** Every file that an operator names is read here, up to a limit of its kind: a device, a pipe or a wrong path may never end. */
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from '../../core/store/files/file-system.ts';
import { GossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { MAX_MESSAGE_BYTES, MAX_STATE_BYTES } from '../../sdk/limits.ts';
import { MAX_CONFIGURATION_FILE_BYTES } from '../../trust/configuration-file.ts';

const PIPE_CHUNK_BYTES = 64 * 1024;
/** Until a pipe in which nothing is yet is looked at again. */
const PIPE_PAUSE_MS = 20;

/** A home holds some KB for each cluster, and the versions of their roots. */
const MAX_BACKUP_FILE_BYTES = 64 * 1024 * 1024;

interface Kind {
  /** What the file should be. */
  readonly what: string;
  readonly maxBytes: number;
  /** Of the refusal of a file that is too large. */
  readonly code: ErrorCode;
}

const KINDS = {
  configuration: { what: 'a configuration file', maxBytes: MAX_CONFIGURATION_FILE_BYTES, code: 'GOSSIP_E_FILE' },
  /** With every version of the root, some 1.3 KB each. */
  cluster: { what: 'a cluster file', maxBytes: 64 * 1024 * 1024, code: 'GOSSIP_E_FILE' },
  backup: { what: 'a backup', maxBytes: MAX_BACKUP_FILE_BYTES, code: 'GOSSIP_E_BACKUP' },
  steps: { what: 'the versions of a root', maxBytes: 64 * 1024 * 1024, code: 'GOSSIP_E_FILE' },
  /** Of the directory that holds a cluster: root, admission and keys. */
  own: { what: 'a file of a cluster', maxBytes: 256 * 1024, code: 'GOSSIP_E_KEY' },
  key: { what: 'a key', maxBytes: 64 * 1024, code: 'GOSSIP_E_KEY' },
  /** Those that an operator has made: a list of fingerprints. */
  tokens: { what: 'a list of join tokens', maxBytes: 1024 * 1024, code: 'GOSSIP_E_FILE' },
  settings: { what: 'settings', maxBytes: 64 * 1024, code: 'GOSSIP_E_FILE' },
  scenario: { what: 'a scenario', maxBytes: 1024 * 1024, code: 'GOSSIP_E_FILE' },
  /** A token of the largest root has some 90 KB, and one with hundreds of its later versions some 500 KB. */
  token: { what: 'a join token', maxBytes: 1024 * 1024, code: 'GOSSIP_E_TOKEN' },
  request: { what: 'a request', maxBytes: MAX_MESSAGE_BYTES, code: 'GOSSIP_E_TOO_LARGE' },
  /** With the line in front of it. */
  state: { what: 'a state', maxBytes: MAX_STATE_BYTES + 4_096, code: 'GOSSIP_E_FILE' },
  'node configuration': { what: "a node's configuration file", maxBytes: 1024 * 1024, code: 'GOSSIP_E_CONFIG' },
  proxy: { what: 'the URL of a proxy', maxBytes: 64 * 1024, code: 'GOSSIP_E_FILE' },
} as const satisfies Readonly<Record<string, Kind>>;

export type GivenKind = keyof typeof KINDS;

/**
 * A file that cannot be read is a matter of its path, whatever it should hold; but nobody gave the path of one that a cluster's directory lacks, and what a node is told to do
 * is not known without its configuration.
 */
const UNREADABLE: Readonly<Partial<Record<GivenKind, ErrorCode>>> = { own: 'GOSSIP_E_KEY', 'node configuration': 'GOSSIP_E_CONFIG' };

export async function readGiven(path: string, kind: GivenKind): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const isPipe = (await file.stat()).isFIFO();
      return await readBounded(isPipe ? pipedBytes(file, await isNamed(path)) : file.createReadStream(), path, kind);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw unreadable(path, kind, UNREADABLE[kind] ?? 'GOSSIP_E_FILE', cause);
  }
}

/** The commonest reasons in plain words, each with what to do. */
function unreadable(path: string, kind: GivenKind, code: ErrorCode, cause: unknown): GossipError {
  const { what } = KINDS[kind];
  switch (errnoOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new GossipError(code, `there is no file ${path}`, { cause, advice: `Give the path of ${what}.` });
    case 'EISDIR':
      return new GossipError(code, `${path} is a directory, and should be ${what}`, { cause, advice: `Give the path of ${what}.` });
    case 'EACCES':
    case 'EPERM':
      return new GossipError(code, `you may not read ${path}`, {
        cause,
        advice: `Run this as the user who may, or have ${path} given to you.`,
      });
    default:
      return new GossipError(code, `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The pipe of a shell's `<(…)` has no name: its other end is open already, or has been. */
function isNamed(path: string): Promise<boolean> {
  return realpath(path)
    .then((real) => lstat(real))
    .then(
      (found) => found.isFIFO(),
      () => false,
    );
}

/** What comes through a pipe. Never by a blocking read, which would hold a thread, and with it the process, for as long as nobody writes. */
async function* pipedBytes(file: FileHandle, mayOpenLater: boolean): AsyncGenerator<Uint8Array> {
  for (let begun = !mayOpenLater; ;) {
    const chunk = await file.read(Buffer.alloc(PIPE_CHUNK_BYTES)).catch((thrown: unknown) => {
      if (errnoOf(thrown) === 'EAGAIN') return null;
      throw thrown;
    });
    if (chunk !== null && chunk.bytesRead > 0) {
      begun = true;
      yield chunk.buffer.subarray(0, chunk.bytesRead);
    } else if (chunk !== null && begun) return;
    else await setTimeout(PIPE_PAUSE_MS);
  }
}

export async function readGivenText(path: string, kind: GivenKind): Promise<string> {
  return (await readGiven(path, kind)).toString('utf8');
}

/** All of `input`, which ends, or is left at the limit. */
export async function readBounded(input: AsyncIterable<Uint8Array>, name: string, kind: GivenKind): Promise<Buffer> {
  const { what, maxBytes, code } = KINDS[kind];
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new GossipError(code, `${name} holds more than ${maxBytes} bytes, the most that ${what} may have`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
