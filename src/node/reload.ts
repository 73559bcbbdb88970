/** SIGHUP: a running node takes over from its configuration file what may change without a restart, and says what may not. */
import { stat } from 'node:fs/promises';
import type { Changeable, RunningNode } from '../core/run.ts';
import { toGossipError } from '../model/errors.ts';
import { safeText } from '../model/safe-text.ts';
import { wrong } from './config-file.ts';
import type { FlagName } from './file-flags.ts';
import { MEBIBYTE, NODE_FLAGS } from './flags.ts';
import type { NodeFlags } from './flags.ts';
import { readInForce } from './in-force.ts';
import type { Given, InForce } from './in-force.ts';
import { shown } from './shown.ts';
import { wantedBy } from './wanted.ts';
import type { Wanted } from './wanted.ts';

export interface Read {
  readonly now: InForce;
  readonly wanted: Wanted;
}

const NAMES = Object.keys(NODE_FLAGS) as FlagName[];

/** What a node may take over while it runs. */
export function changeableOf({ now: { flags }, wanted: { proxies, direct, modules, handlers, joinFrom, metrics } }: Read): Changeable {
  return {
    ...(proxies.length > 0 && { proxies }),
    ...(direct !== undefined && { direct }),
    ...(handlers !== undefined && { handlers }),
    ...(joinFrom !== undefined && { joinFrom }),
    ...(metrics !== undefined && { metrics }),
    ...(flags.quota !== undefined && { quotaBytes: flags.quota * MEBIBYTE }),
    modules,
    leaveOnStop: flags['leave-on-stop'] === true,
    logLevel: flags['log-level'],
  };
}

/** Reads the file once for each hang-up; for several that come meanwhile once more, at the end. */
export class Reloading {
  readonly #command: Given;
  readonly #node: Pick<RunningNode, 'log' | 'change'>;
  #last: Read;
  #isReading = false;
  #again = false;

  constructor(command: Given, node: Pick<RunningNode, 'log' | 'change'>, first: Read) {
    this.#command = command;
    this.#node = node;
    this.#last = first;
  }

  async hangUp(): Promise<void> {
    this.#again = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#again) {
      this.#again = false;
      await this.#reload();
    }
    this.#isReading = false;
  }

  async #reload(): Promise<void> {
    const { log } = this.#node;
    try {
      await requireFile(this.#command.flags.config ?? '');
      const now = await readInForce(this.#command);
      const next = { now, wanted: await wantedBy(now) };
      const { changed, restart } = differences(this.#last, next);
      const tell = (): void =>
        log.info(changed, Object.keys(changed).length === 0 ? 'configuration read again: nothing to change' : 'configuration changed');
      // Under the level that tells it: the one before, or the one after.
      const isTold = log.isLevelEnabled('info');
      if (isTold) tell();
      this.#node.change(changeableOf(next));
      if (!isTold) tell();
      if (restart.length > 0) log.warn({ flags: restart }, 'these are other ones in the configuration, and need a restart');
      this.#last = kept(this.#last, next);
    } catch (thrown) {
      const { code, message, advice } = toGossipError(thrown);
      log.error({ code, why: safeText(message), advice: safeText(advice) }, 'the configuration is not taken over: what was in force stays');
    }
  }
}

/** What comes through a pipe of the shell comes once: the second time it is empty, or never ends. One that is gone is said where it is read. */
async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw wrong(path, null, 'this is no file, and cannot be read again', 'Start the node again.');
}

interface Differences {
  /** By the flag: `64 → 128`. */
  readonly changed: Readonly<Record<string, string>>;
  readonly restart: readonly FlagName[];
}

function differences(before: Read, after: Read): Differences {
  const other = NAMES.filter((name) => isOther(before, after, name));
  const isLive = (name: FlagName): boolean => reloads(before, after, name);
  const [live, fixed] = [other.filter(isLive), other.filter((name) => !isLive(name))];
  const words = ({ now: { flags } }: Read, name: FlagName): string => [shown(flags, name) ?? 'none'].flat().join(' ');
  const entries = live.map((name) => [name, `${words(before, name)} → ${words(after, name)}`] as const);
  return { changed: Object.fromEntries(entries), restart: fixed };
}

/** Metrics move, but begin and end with the node: without them nothing of them is loaded. */
function reloads(before: Read, after: Read, name: FlagName): boolean {
  if (name === 'metrics' && (before.wanted.metrics === undefined || after.wanted.metrics === undefined)) return false;
  return NODE_FLAGS[name].reloads === true;
}

/** A proxy may lie in a file, which may hold another one now. */
function isOther(before: Read, after: Read, name: FlagName): boolean {
  if (name === 'proxy' && JSON.stringify(before.wanted.proxies) !== JSON.stringify(after.wanted.proxies)) return true;
  return JSON.stringify(before.now.flags[name]) !== JSON.stringify(after.now.flags[name]);
}

/** What needs a restart is said again the next time: it still differs from what runs. */
function kept(before: Read, after: Read): Read {
  const fixed = NAMES.filter((name) => !reloads(before, after, name)).map((name) => [name, before.now.flags[name]] as const);
  return { ...after, now: { ...after.now, flags: { ...after.now.flags, ...(Object.fromEntries(fixed) as Partial<NodeFlags>) } } };
}
