/**
 * Has debuggers come into the hosts of one module, by a Unix socket of this node: always into the newest, so that the place stays the same over
 * updates. Only the entry of a lab's node loads this (`src/node-inspected.ts`); no word, variable or file makes an ordinary node do so.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { HostInspection } from '../hosting/inspection.ts';
import { listenOnSocket, OWN_MODE } from '../door/socket.ts';
import { InspectedHost } from './inspected-host.ts';

export interface InspectorOptions {
  /** The URL below which debuggers see the files of the code; with `/` at its end. */
  readonly sources: string;
  /** How long a new instance waits for the debugger that was in the one before, to come and set its breakpoints. Default 3,000. */
  readonly returnMs?: number;
}

/** Less than a step of an instance's life may take. */
const RETURN_MS = 3_000;

export class Inspector {
  readonly #options: InspectorOptions;
  readonly #server: Server;
  /** Those that take debuggers, the newest last. */
  #hosts: readonly InspectedHost[] = [];
  /** A debugger that waits for a host. */
  #waiting: Socket | null = null;

  constructor(options: InspectorOptions) {
    this.#options = options;
    this.#server = createServer((client) => this.#came(client));
  }

  /** Throws GOSSIP_E_APP_SOCKET where there can be no socket. */
  async listen(path: string): Promise<void> {
    await listenOnSocket(this.#server, { path, mode: OWN_MODE });
    this.#server.unref();
  }

  /** For the next host. */
  next(): HostInspection {
    return new InspectedHost({
      sources: this.#options.sources,
      now: () => performance.now(),
      entered: (host) => this.#entered(host),
      ended: (host) => void (this.#hosts = this.#hosts.filter((one) => one !== host)),
    });
  }

  /** An update goes its way: the instance before goes on from where it stood, for it is to give its state. */
  async #entered(host: InspectedHost): Promise<void> {
    const wasInspected = this.#hosts.at(-1)?.letGo() ?? false;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#hosts = [...this.#hosts, host];
    if (waiting !== null) host.take(waiting);
    if (!wasInspected && waiting === null) return;
    const late = new AbortController();
    const patience = pause(this.#options.returnMs ?? RETURN_MS, undefined, { signal: late.signal, ref: false }).catch(() => undefined);
    await Promise.race([host.told, host.gone, patience]);
    late.abort();
  }

  #came(client: Socket): void {
    client.on('error', () => client.destroy());
    const host = this.#hosts.at(-1);
    if (host !== undefined) return host.take(client);
    this.#waiting?.destroy();
    this.#waiting = client;
    client.once('close', () => this.#waiting === client && (this.#waiting = null));
    return undefined;
  }
}
