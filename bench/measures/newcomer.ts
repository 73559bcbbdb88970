/** A node that comes to a lab which runs already: with a token, an empty disk and a name of its own. */
import { join } from 'node:path';
import { formatAddress } from '../../src/model/address.ts';
import type { NodeId } from '../../src/model/names.ts';
import { freePorts } from '../../src/lab/ports.ts';
import { Journal } from '../harness/journals.ts';
import { INTERVAL_MS } from '../harness/lab.ts';
import type { BenchLab } from '../harness/lab.ts';
import * as product from '../harness/product.ts';
import { until } from '../harness/wait.ts';

export class Newcomer {
  readonly id: NodeId;
  /** Ends it, in order. */
  readonly end: () => Promise<void>;
  readonly #directory: string;
  readonly #signal: AbortSignal;

  private constructor(id: NodeId, end: () => Promise<void>, directory: string, signal: AbortSignal) {
    this.id = id;
    this.end = end;
    this.#directory = directory;
    this.#signal = signal;
  }

  /** Resolves when it is ready. Whoever starts it must end it. */
  static async start(lab: BenchLab, name: string, signal: AbortSignal): Promise<Newcomer> {
    const directory = join(lab.directory, name);
    const { id } = await product.nodeIdentity(await product.makeDataDirectory(directory));
    const [port = 0] = await freePorts(1);
    const address = formatAddress('127.0.0.1', port);
    const { ready, end } = await lab.welcome(directory, ['--name', name, '--listen', address, '--interval', `${INTERVAL_MS}ms`]);
    try {
      await ready;
      return new Newcomer(id, end, directory, signal);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Waits until its own instance of the module runs; gives when that began. */
  runs(module: string, deadlineMs: number): Promise<number> {
    const journal = new Journal(this.#directory);
    return until(
      `${module} runs on the newcomer`,
      async () => {
        const entry = journal
          .read()
          .find(({ event, module: of, state }) => event === 'module-state' && of === module && state === 'running');
        return entry === undefined ? { soFar: 'it does not' } : { done: entry.atMs };
      },
      { deadlineMs, signal: this.#signal },
    );
  }
}
