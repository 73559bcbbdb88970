/** A debugger, as Chrome's and VS Code's are: commands and events of V8's inspector over a WebSocket, or lines over a Unix socket. */
import { connect } from 'node:net';
import { LineReader } from '../../src/host/lines.ts';
import { until as waitFor } from './condition.ts';

export interface Told {
  readonly method: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the protocol's own forms
  readonly params: any;
}

interface Way {
  readonly say: (text: string) => void;
  readonly leave: () => void;
  readonly left: Promise<void>;
}

type Listen = (text: string) => void;

export class Debugger {
  /** What it was told, and has not been asked for yet. */
  readonly told: Told[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #way: Way;
  #last = 0;

  private constructor(open: (listen: Listen) => Way) {
    this.#way = open((text) => this.#take(text));
    void this.#endWithIt();
  }

  /** Rejects where it is refused. */
  static async at(url: string): Promise<Debugger> {
    const socket = new WebSocket(url);
    const left = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
    const opened = new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`${url} refuses`)));
    });
    const one = new Debugger((listen) => {
      socket.addEventListener('message', ({ data }) => listen(String(data)));
      return { say: (text) => socket.send(text), leave: () => socket.close(), left };
    });
    await opened;
    return one;
  }

  static onSocket(path: string): Debugger {
    const socket = connect({ path });
    const reader = new LineReader();
    const left = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    return new Debugger((listen) => {
      socket.on('data', (chunk: Buffer) => {
        for (const line of reader.push(chunk)) listen(line);
      });
      return { say: (text) => void socket.write(`${text}\n`), leave: () => socket.destroy(), left };
    });
  }

  /** The other side has ended it, or this one. */
  get left(): Promise<void> {
    return this.#way.left;
  }

  leave(): void {
    this.#way.leave();
  }

  /** As it is, command or not. */
  say(text: string): void {
    this.#way.say(text);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the protocol's own forms
  ask(method: string, params: object = {}): Promise<any> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#way.say(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  /** What an expression gives. */
  async value(expression: string): Promise<unknown> {
    return (await this.ask('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  }

  /** The first event that fits, which is taken away with all before it. */
  async heard(method: string, fits: (params: Told['params']) => boolean = () => true): Promise<Told['params']> {
    const at = await waitFor(`a debugger is told ${method}`, async () => {
      const found = this.told.findIndex((one) => one.method === method && fits(one.params));
      return found < 0 ? undefined : found + 1;
    });
    return this.told.splice(0, at).at(-1)?.params;
  }

  async #endWithIt(): Promise<void> {
    await this.#way.left;
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection has ended'));
  }

  #take(text: string): void {
    const message = JSON.parse(text) as Told & { readonly id?: number; readonly result?: unknown; readonly error?: { message: string } };
    if (message.id === undefined) return void this.told.push(message);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error !== undefined) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result);
    return undefined;
  }
}
