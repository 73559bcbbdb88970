/** At the door of a node of a lab, as a program that behaves and as one that does not. */
import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connect } from '../../src/client/index.ts';
import type { Module, Watched } from '../../src/client/index.ts';
import { EventReader } from '../../src/api/event-reader.ts';
import type { StreamEvent } from '../../src/api/event-reader.ts';
import type { JsonObject } from '../../src/sdk/json.ts';
import type { TestLab } from '../support/lab.ts';

export function socketOf(lab: TestLab, node: string): string {
  return join(lab.node(node).directory, 'app.sock');
}

/** A module, and its end with the test. */
export function moduleBeside(lab: TestLab, node: string, name: string): { readonly module: Module; readonly close: () => void } {
  const gossip = connect({ socket: socketOf(lab, node) });
  const close = (): void => gossip.close();
  onTestFinished(close);
  return { module: gossip.module(name), close };
}

/** A watcher that takes all at once. */
export function attentive(module: Module): { readonly seen: Watched[]; readonly breaks: string[] } {
  const told = { seen: [] as Watched[], breaks: [] as string[] };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const stream = module.watch({ signal: stop.signal, onBreak: ({ code }) => told.breaks.push(code) });
  void (async () => {
    for await (const event of stream) told.seen.push(event);
  })();
  return told;
}

/** Whoever says something at the door and reads nothing until it is asked to. */
export class Idler {
  readonly socket: Socket;
  readonly events: StreamEvent[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  }

  /** Resolves once it is connected; what it says then is on its way. */
  static async saying(path: string, text: string): Promise<Idler> {
    const socket = connectSocket({ path });
    const idler = new Idler(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.pause();
    socket.write(text);
    return idler;
  }

  static watching(path: string, module: string): Promise<Idler> {
    return Idler.saying(path, `GET /v1/apps/${module}/watch HTTP/1.1\r\nhost: gossip\r\n\r\n`);
  }

  /** From now on it takes what comes, from the end of the head on. */
  read(): void {
    const reader = new EventReader();
    let head = '';
    this.socket.on('data', (piece: Buffer) => {
      if (head.endsWith('\r\n\r\n')) return void this.events.push(...reader.push(piece));
      const at = piece.indexOf('\r\n\r\n');
      head += piece.toString('latin1', 0, at < 0 ? undefined : at + 4);
      return void (at >= 0 && this.events.push(...reader.push(piece.subarray(at + 4))));
    });
    this.socket.resume();
  }
}

/** Connections that the node has taken at its socket. */
export function connectionsAt(path: string): number {
  const CONNECTED = '03';
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[5] === CONNECTED && fields[7] === path).length;
}

/** Sets one key after the other until it is told to stop, the values always growing; remembers what was acknowledged last. */
export class Writer {
  readonly key: string;
  readonly failures: string[] = [];
  answered = 0;
  newest = 0;
  isOn = true;

  constructor(key: string) {
    this.key = key;
  }

  async write(module: Module, valueOf: (number: number) => unknown = (number) => number): Promise<void> {
    for (let number = 1; this.isOn; number += 1) {
      try {
        await module.request({ op: 'set', key: this.key, value: valueOf(number) as JsonObject });
        this.answered += 1;
        this.newest = number;
      } catch (error) {
        this.failures.push((error as { code?: string }).code ?? String(error));
      }
    }
  }
}
