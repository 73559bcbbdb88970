/** One host that debuggers may come into, one at a time: what a debugger says goes to the host, line by line, and back. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostInspection } from '../hosting/inspection.ts';
import { COMES, GOES, LineReader } from '../../host/lines.ts';

export interface InspectedHostOptions {
  readonly sources: string;
  /** Milliseconds; runs forward. */
  readonly now: () => number;
  /** It takes debuggers. Resolves when its code may be loaded. */
  readonly entered: (host: InspectedHost) => Promise<void>;
  readonly ended: (host: InspectedHost) => void;
}

/** What a debugger says when it has set its breakpoints. */
const GO = '"Runtime.runIfWaitingForDebugger"';

export class InspectedHost implements HostInspection {
  readonly #options: InspectedHostOptions;
  readonly #fromHost = new LineReader();
  readonly #gone = Promise.withResolvers<void>();
  readonly #told = Promise.withResolvers<void>();
  #pipe: Duplex | null = null;
  #client: Socket | null = null;
  #openedAt = 0;
  #beforeMs = 0;
  /** Debuggers that went, for which the host may still have something in its pipe. */
  #going = 0;

  constructor(options: InspectedHostOptions) {
    this.#options = options;
  }

  get sources(): string {
    return this.#options.sources;
  }

  get isOpen(): boolean {
    return this.#client !== null;
  }

  get openMs(): number {
    return this.#beforeMs + (this.isOpen ? this.#options.now() - this.#openedAt : 0);
  }

  /** Its process is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** A debugger has set its breakpoints. */
  get told(): Promise<void> {
    return this.#told.promise;
  }

  enter(pipe: Duplex): Promise<void> {
    this.#pipe = pipe;
    pipe.on('data', (chunk: Buffer) => this.#heard(chunk));
    // Its end is told by its process.
    pipe.on('error', () => undefined);
    pipe.once('close', () => this.#end());
    return this.#options.entered(this);
  }

  /** A debugger comes; who was in it is let go. */
  take(client: Socket): void {
    this.letGo();
    const reader = new LineReader();
    this.#client = client;
    this.#openedAt = this.#options.now();
    this.#say(COMES);
    client.on('data', (chunk: Buffer) => {
      if (this.#client !== client) return;
      try {
        for (const line of reader.push(chunk)) this.#asked(line);
      } catch {
        // No debugger says so much at once.
        this.letGo();
      }
    });
    client.on('drain', () => this.#pipe?.resume());
    client.once('close', () => this.#client === client && this.letGo());
  }

  /** Whoever is in it leaves: the module goes on from where it stood. Returns whether there was somebody. */
  letGo(): boolean {
    const client = this.#client;
    if (client === null) return false;
    this.#beforeMs = this.openMs;
    this.#client = null;
    this.#going += 1;
    this.#say(GOES);
    this.#pipe?.resume();
    client.destroy();
    return true;
  }

  #asked(line: string): void {
    if (line === COMES || line === GOES) return;
    this.#say(line);
    if (line.includes(GO)) this.#told.resolve();
  }

  #say(line: string): void {
    if (this.#pipe?.writable === true) this.#pipe.write(`${line}\n`);
  }

  #heard(chunk: Buffer): void {
    try {
      for (const line of this.#fromHost.push(chunk)) {
        if (line === GOES) this.#going -= 1;
        else if (this.#going === 0 && this.#client?.write(`${line}\n`) === false) this.#pipe?.pause();
      }
    } catch {
      // What is so long comes from no debugger's thread: the module writes there.
      this.#pipe?.destroy();
    }
  }

  #end(): void {
    this.letGo();
    this.#pipe = null;
    this.#gone.resolve();
    this.#options.ended(this);
  }
}
