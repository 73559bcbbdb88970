/** Handlers with programs that a test writes, and what was logged of them. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EventHandlers } from '../../../src/core/event-handlers/handlers.ts';
import type { HandlerLimits } from '../../../src/core/event-handlers/limits.ts';
import { parseHandler } from '../../../src/core/event-handlers/wish.ts';
import type { ModuleName, Peer } from '../../../src/model/names.ts';
import type { Json } from '../../../src/sdk/json.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

const REGISTRY = 'registry' as ModuleName;
export const SELF = { id: 'a'.repeat(64), name: 'node1', address: '127.0.0.1:1' } as unknown as Peer;

export interface Logged {
  readonly message: string;
  readonly level: 'info' | 'warn';
  readonly [field: string]: unknown;
}

export class Bench {
  readonly directory: string;
  readonly logged: Logged[] = [];
  handlers!: EventHandlers;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** `programs`: shell scripts, by the events that they are for; `$OUT` is a file that they may write. */
  static async of(programs: Readonly<Record<string, string>>, limits: Partial<HandlerLimits> = {}): Promise<Bench> {
    const bench = new Bench(await temporaryDirectory());
    const wishes = await Promise.all(
      Object.entries(programs).map(async ([on, script], at) => {
        const program = await bench.write(`handler${at}.sh`, `#!/bin/sh\nOUT='${bench.out}'\n${script}\n`);
        return parseHandler(`${on}=${program}`);
      }),
    );
    const say =
      (level: Logged['level']) =>
      (fields: object, message: string): void =>
        void bench.logged.push({ ...fields, message, level });
    const log = { info: say('info'), warn: say('warn') } as never;
    bench.handlers = new EventHandlers({ wishes, self: SELF, strain: () => 1, log, limits: { startsPerSecond: 1_000, ...limits } });
    onTestFinished(() => bench.handlers.stop(0));
    return bench;
  }

  get out(): string {
    return join(this.directory, 'out');
  }

  begin(): this {
    this.handlers.begin({ socket: '/run/app.sock', modules: [REGISTRY, 'membership' as ModuleName] });
    return this;
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    await chmod(path, 0o755);
    return path;
  }

  publish(data: Json, topic = '', module: string = REGISTRY): void {
    this.handlers.publish(module as ModuleName, { topic, text: JSON.stringify(data) });
  }

  /** What the programs wrote. */
  async written(): Promise<string> {
    return readFile(this.out, 'utf8').catch(() => '');
  }

  /** The documents that were read by programs that append them to `$OUT`. */
  async documents(): Promise<{ readonly [field: string]: unknown; readonly data: unknown; readonly lost: number }[]> {
    const lines = (await this.written()).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as { data: unknown; lost: number });
  }

  messages(message: string): Logged[] {
    return this.logged.filter((entry) => entry.message.startsWith(message));
  }
}

/** The process ids that a program wrote are of nobody any more. */
export function areGone(pids: readonly number[]): boolean {
  return pids.every((pid) => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
