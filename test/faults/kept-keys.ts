/** Keys of the registry that programs write at the doors of many nodes, and that must be read at every one of them ever after. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect } from '../../src/client/index.ts';
import type { Gossip } from '../../src/client/index.ts';
import { until } from '../support/gossip.ts';
import { WAIT_MS } from './fault.ts';
import type { Machine } from './machines.ts';

/** Between two writes of the traffic: some load for every node, and the processors are not the traffic's alone. */
const PAUSE_MS = 100;
/** Of one answer of the registry; as many as it lists at once. */
const MAX_LISTED = 1_000;

interface Listed {
  readonly entries: readonly { readonly key: string; readonly value: number }[];
}

/** Traffic that goes on until it is ended. */
export interface Traffic {
  /** Resolves with the number of writes that were acknowledged. */
  end(): Promise<number>;
}

export class KeptKeys {
  /** What was acknowledged last of each key. */
  readonly #written = new Map<string, number>();
  /** What was not as it must be while the traffic went on. */
  readonly failures: string[] = [];

  get count(): number {
    return this.#written.size;
  }

  /** One key at each of these nodes. */
  async write(prefix: string, machines: readonly Machine[]): Promise<void> {
    await Promise.all(machines.map((machine) => withDoor(machine, (gossip) => this.#set(gossip, `${prefix}-${machine.name}`, 1))));
  }

  /** Waits until each of these nodes shows every key that begins so with the value that was acknowledged last, and no other one. */
  async allAt(machines: readonly Machine[], prefix = ''): Promise<void> {
    await Promise.all(
      machines.map(async (machine) => {
        let wrong: readonly string[] = [];
        const isWhole = async (): Promise<boolean> => {
          wrong = await this.#wrongAt(machine, prefix).catch((error: unknown) => [String(error)]);
          return wrong.length === 0;
        };
        await until(`${machine.name} shows all keys`, isWhole, { deadlineMs: WAIT_MS }).catch((cause: unknown) => {
          throw new Error(`${(cause as Error).message}: ${wrong.join(', ')}`, { cause });
        });
      }),
    );
  }

  /** Writes at one of these nodes after the other, and looks at each whether it still has all that was there before. */
  traffic(prefix: string, machines: readonly Machine[]): Traffic {
    const before = new Set(this.#written.keys());
    const ending = new AbortController();
    const goOn = async (): Promise<number> => {
      let number = 0;
      for (; !ending.signal.aborted; number += 1) {
        const machine = machines[number % machines.length] as Machine;
        await withDoor(machine, async (gossip) => {
          await this.#set(gossip, `${prefix}-traffic-${machine.name}`, number);
          const shown = await listed(gossip);
          for (const key of before) if (!shown.has(key)) this.failures.push(`${prefix}: ${key} was gone at ${machine.name}`);
        }).catch((error: unknown) => void this.failures.push(`${prefix}: ${machine.name} answered ${String(error)}`));
        await setTimeout(PAUSE_MS);
      }
      return number;
    };
    const ended = goOn();
    return {
      end: () => {
        ending.abort();
        return ended;
      },
    };
  }

  async #set(gossip: Gossip, key: string, value: number): Promise<void> {
    await gossip.module('registry').request({ op: 'set', key, value });
    this.#written.set(key, value);
  }

  async #wrongAt(machine: Machine, prefix: string): Promise<string[]> {
    const shown = await withDoor(machine, (gossip) => listed(gossip, prefix));
    const strange = [...shown.keys()].filter((key) => !this.#written.has(key)).map((key) => `${key} is nobody's`);
    const lacking = [...this.#written].filter(([key, value]) => key.startsWith(prefix) && shown.get(key) !== value);
    return [...strange, ...lacking.map(([key, value]) => `${key} is ${shown.get(key)} and not ${value}`)];
  }
}

/** Asks the node beside this program. */
export async function withDoor<Result>({ directory }: Machine, act: (gossip: Gossip) => Promise<Result>): Promise<Result> {
  const gossip = connect({ socket: join(directory, 'app.sock') });
  try {
    return await act(gossip);
  } finally {
    gossip.close();
  }
}

async function listed(gossip: Gossip, prefix = ''): Promise<ReadonlyMap<string, number>> {
  const { entries } = (await gossip.module('registry').request({ op: 'list', prefix, limit: MAX_LISTED })) as unknown as Listed;
  return new Map(entries.map(({ key, value }) => [key, value]));
}
