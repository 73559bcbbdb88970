/** A TCP proxy in front of a node that, while it rages, delays, stalls and resets connections at random. */
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Random } from '../../src/sdk/virtual/random.ts';
import { fateOf } from './fate.ts';
import { Suffering } from './suffering.ts';
import type { Disorder } from './suffering.ts';

/** A port of loopback. */
export interface Route {
  /** Where the proxy stands. */
  readonly from: number;
  /** Where the node listens. */
  readonly to: number;
}

const HOST = '127.0.0.1';

export class ChaosProxy {
  readonly #route: Route;
  readonly #random: Random;
  readonly #disorder: Disorder;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Aborted when the rage is over; null while it is calm. */
  #rage: AbortController | null = null;
  #arrived = 0;
  /** The latest arrival that was passed to the node. */
  #passed = 0;

  private constructor(route: Route, random: Random, disorder: Disorder) {
    this.#route = route;
    this.#random = random;
    this.#disorder = disorder;
    // An end of one direction is passed on like bytes, when its turn comes.
    this.#server = createServer({ allowHalfOpen: true }, (caller) => this.#connect(caller));
  }

  /** Calm at first. Whoever opens it must close it. */
  static async open(route: Route, random: Random, disorder: Disorder): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(route, random, disorder);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(route.from, HOST, resolve);
    });
    return proxy;
  }

  /** From now on, for connections that there are and for new ones. */
  rage(): void {
    this.#rage ??= new AbortController();
  }

  /** Whatever is delayed goes on at once; nothing is from now on. */
  calm(): void {
    this.#rage?.abort();
    this.#rage = null;
  }

  async close(): Promise<void> {
    this.calm();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(caller: Socket): void {
    const node = createConnection({ host: HOST, port: this.#route.to, allowHalfOpen: true });
    const pair = [caller, node] as const;
    for (const socket of pair) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // When one side is broken, so is the other.
      socket.once('error', () => pair.forEach((one) => one.destroy()));
    }
    this.#disorder.connections += 1;
    const suffering = this.#sufferings();
    void this.#pass(caller, node, (bytes) => this.#request(bytes, suffering()), pair);
    void this.#pass(node, caller, async () => suffering()?.answer(), pair);
  }

  /** What one connection suffers at the moment: nothing while it is calm, and something new when the last is through. */
  #sufferings(): () => Suffering | null {
    let isNew = true;
    let last: Suffering | null = null;
    return () => {
      if (this.#rage === null) last = null;
      else if (last === null || last.isOver) last = new Suffering(fateOf(this.#random, isNew), this.#rage.signal, this.#disorder);
      isNew = false;
      return last;
    };
  }

  /** Passes bytes on in their order, each after `before`; when that says so, the connection is reset instead. */
  async #pass(
    from: Socket,
    to: Socket,
    before: (bytes: number) => Promise<'reset' | undefined>,
    pair: readonly [Socket, Socket],
  ): Promise<void> {
    try {
      for await (const bytes of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if ((await before(bytes.length)) === 'reset') return pair.forEach((socket) => socket.resetAndDestroy());
        if (!to.write(bytes)) await drained(to);
      }
      to.end();
    } catch {
      // One of the two sides has broken off; its 'error' ends both.
    }
  }

  async #request(bytes: number, suffering: Suffering | null): Promise<'reset' | undefined> {
    this.#arrived += 1;
    const arrival = this.#arrived;
    const outcome = await suffering?.request(bytes);
    if (arrival < this.#passed) this.#disorder.overtaken += 1;
    this.#passed = Math.max(this.#passed, arrival);
    return outcome;
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
}
