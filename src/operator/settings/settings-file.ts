/** The file of the operator's settings: where it lies, and one writer at a time. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { lockPatiently } from '../files/one-writer.ts';

/** Thousands of clusters, each with its nodes. */
const MAX_BYTES = 8 * 1024 * 1024;
const ELSEWHERE = 'Set GOSSIP_HOME to a directory of your own.';

export class SettingsFile {
  readonly home: string;
  readonly path: string;

  constructor(home: string) {
    this.home = home;
    this.path = join(home, 'settings.json');
  }

  /** What the file says, in no checked form; null when there is none. */
  read(): unknown {
    try {
      const bytes = readRegularFile(this.path, { maxBytes: MAX_BYTES, code: 'GOSSIP_E_FILE' });
      return JSON.parse(bytes.toString('utf8')) as unknown;
    } catch (cause) {
      if (cause instanceof GossipError) throw new GossipError(cause.code, cause.message, { cause, advice: ELSEWHERE });
      const { code } = cause as NodeJS.ErrnoException;
      // A home that is not there, or a file in its place, holds no settings.
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      if (code === undefined) throw this.#damaged(cause);
      throw new GossipError('GOSSIP_E_FILE', `${this.path}: ${(cause as Error).message}`, { cause, advice: ELSEWHERE });
    }
  }

  /** As after a power cut on some disks. Permissions have nothing to do with it, and the keys are not lost. */
  #damaged(cause: unknown): GossipError {
    return new GossipError('GOSSIP_E_FILE', `${this.path} is damaged: ${safeText((cause as Error).message, MAX_TOLD)}`, {
      cause,
      advice: `Restore it from a backup. The clusters' keys and roots are not in it; they lie in ${join(this.home, 'clusters')}.`,
    });
  }

  /** Reads, changes and writes while nobody else does: of two commands at once, neither loses what the other wrote. */
  async change(act: (before: unknown) => unknown): Promise<void> {
    const unlock = await this.#lock();
    try {
      const after = Buffer.from(`${JSON.stringify(act(this.read()), null, '\t')}\n`);
      await writeFileDurably(this.path, after, { mode: 0o600 });
    } finally {
      unlock();
    }
  }

  /** For whoever is about to write below the home: a user without one is told what to set. */
  async makeHome(): Promise<void> {
    try {
      await makeDirectories(this.home);
      await access(this.home, constants.W_OK);
    } catch (cause) {
      throw new GossipError('GOSSIP_E_FILE', `nothing can be kept in ${this.home}: ${(cause as Error).message}`, {
        cause,
        advice: ELSEWHERE,
      });
    }
  }

  async #lock(): Promise<() => void> {
    await this.makeHome();
    return lockPatiently(this.home, { what: 'the settings', advice: ELSEWHERE });
  }
}
