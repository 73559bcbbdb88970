/**
 * The socket of the service manager (sd_notify(3)), by way of systemd's own tool: it is a datagram socket in the file system, and Node has none
 * (docs/decisions/0075-the-service-manager-is-told.md).
 */
import { execFile } from 'node:child_process';
import { requireDescriptors } from '../core/hosting/sandbox/descriptors.ts';
import { findTool } from '../core/hosting/sandbox/isolation.ts';
import type { Logger } from '../core/log/log.ts';
import { safeText } from '../model/safe-text.ts';

const TOOL = 'systemd-notify';
/** It ends when the manager has read what it said, so that the manager still sees whose child it is. */
const DEADLINE_MS = 5_000;
/** Three pipes of two ends each, and some to spare. */
const DESCRIPTORS_PER_START = 10;

/** What is said at once: `READY`, `STATUS` and so on. */
export type State = Readonly<Record<string, string>>;

export class Notifier {
  readonly #socket: string;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #tool: string | null;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #fails = false;

  constructor(socket: string, log: Pick<Logger, 'warn'>, tool: string | null = findTool(TOOL) ?? null) {
    this.#socket = socket;
    this.#log = log;
    this.#tool = tool;
  }

  /** Whether something that was said is not heard yet. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** One after the other, for the later one must arrive last. Resolves when it was heard, or could not be said, which is logged: a node lives without, too. */
  tell(state: State): Promise<void> {
    this.#waiting++;
    this.#last = this.#after(this.#last, state);
    return this.#last;
  }

  async #after(before: Promise<void>, state: State): Promise<void> {
    await before;
    this.#outcome(await this.#say(state));
    this.#waiting--;
  }

  /** Resolves to why it could not be said; null: it was. */
  #say(state: State): Promise<string | null> {
    const tool = this.#tool;
    if (tool === null) return Promise.resolve(`there is no ${TOOL} here`);
    // Whatever is shown must not be another line of the message.
    const words = Object.entries(state).map(([name, value]) => `${name}=${safeText(value)}`);
    return new Promise((resolve) => {
      try {
        // Where a start runs out of descriptors half-way, Node loses some of them for ever.
        requireDescriptors(DESCRIPTORS_PER_START);
        const options = { cwd: '/', env: { NOTIFY_SOCKET: this.#socket }, timeout: DEADLINE_MS, killSignal: 'SIGKILL' } as const;
        execFile(tool, words, options, (error, _, said) => resolve(error === null ? null : said.trim() || error.message));
      } catch (error) {
        resolve((error as Error).message);
      }
    });
  }

  /** Once, until it goes well again. */
  #outcome(why: string | null): void {
    if (why !== null && !this.#fails) this.#log.warn({ why: safeText(why) }, 'the service manager cannot be told how the node is');
    this.#fails = why !== null;
  }
}
