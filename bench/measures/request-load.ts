/**
 * Requests that leave by a schedule, whatever becomes of those before them: each counts from when it was due, so that a server that stands still is
 * charged for all that would have come meanwhile (no coordinated omission).
 */
import type { Module } from '../../src/client/index.ts';
import { pause } from '../harness/wait.ts';
import type { RequestLedger, Versioned } from './request-ledger.ts';

export interface LoadWish {
  readonly perSecond: number;
  readonly forMs: number;
  readonly keys: number;
  readonly signal: AbortSignal;
}

/** One request: when it was due by `performance.now`, and how long after that its answer was there. */
export type Timed = readonly [dueAt: number, tookMs: number];

/** Of a set or a get. */
interface Answer {
  readonly exists?: boolean;
  readonly version: string;
  readonly value?: number;
}

const LOOK_MS = 1;

/** Every other one is a write, the keys in turn. Resolves when all have had an outcome. */
export async function load(module: Module, ledger: RequestLedger, { perSecond, forMs, keys, signal }: LoadWish): Promise<Timed[]> {
  const beganAt = performance.now();
  const total = Math.round((perSecond * forMs) / 1_000);
  const timed: Timed[] = [];
  const underWay = new Set<Promise<void>>();
  let next = 0;
  while (next < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - beganAt) * perSecond) / 1_000));
    for (; next < due; next += 1) {
      const dueAt = beganAt + (next * 1_000) / perSecond;
      const asked: Promise<void> = ask(module, ledger, { number: next, keys }).then((answered) => {
        if (answered) timed.push([dueAt, performance.now() - dueAt]);
        underWay.delete(asked);
        return undefined;
      });
      underWay.add(asked);
    }
    await pause(LOOK_MS, signal);
  }
  await Promise.all(underWay);
  return timed;
}

/** Whether it was answered. */
async function ask(module: Module, ledger: RequestLedger, { number, keys }: { number: number; keys: number }): Promise<boolean> {
  const isWrite = number % 2 === 0;
  const key = `bench/${(number >> 1) % keys}`;
  const sent = ledger.sent(key);
  try {
    const answer = (await module.request(isWrite ? { op: 'set', key, value: number } : { op: 'get', key })) as unknown as Answer;
    if (isWrite) ledger.written(sent, { version: answer.version, value: number });
    else ledger.shown(sent, versioned(answer));
    return true;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    ledger.failed(sent, isWrite ? number : null, `${isWrite ? 'set' : 'get'}: ${code ?? ''} ${message}`);
    return false;
  }
}

/** What the module holds of these keys. */
export async function readAll(module: Module, keys: readonly string[]): Promise<Map<string, Versioned>> {
  const there = new Map<string, Versioned>();
  for (const key of keys) {
    const shown = versioned((await module.request({ op: 'get', key })) as unknown as Answer);
    if (shown !== null) there.set(key, shown);
  }
  return there;
}

function versioned({ exists, version, value }: Answer): Versioned | null {
  return exists === true ? { version, value: Number(value) } : null;
}
