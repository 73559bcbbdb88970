/** Gives operators the state of a running instance. A state may be large, and be read slowly: one at a time is held for it. */
import { Readable } from 'node:stream';
import { stateAnswer } from '../../api/state.ts';
import { GossipError } from '../../model/errors.ts';
import { parseModuleName } from '../../model/names.ts';
import type { Core } from '../core.ts';
import type { Logger } from '../log/log.ts';
import type { PeerRequest, PeerResponse } from '../transport/server/server.ts';

export class StateServer {
  readonly #core: Pick<Core, 'takeState'>;
  readonly #log: Pick<Logger, 'info'>;
  #isGiving = false;

  constructor(core: Pick<Core, 'takeState'>, log: Pick<Logger, 'info'>) {
    this.#core = core;
    this.#log = log;
  }

  async answer({ parameters, from, signal }: PeerRequest): Promise<PeerResponse> {
    const module = parseModuleName(parameters.get('module') ?? '');
    if (this.#isGiving) throw new GossipError('GOSSIP_E_BUSY', 'a state is being given to an operator already');
    this.#isGiving = true;
    try {
      const taken = await this.#core.takeState(module);
      signal.throwIfAborted();
      const { length, parts } = stateAnswer(taken);
      const body = Readable.from(parts);
      body.once('close', () => (this.#isGiving = false));
      // Secrets may have left the node: whose key took them is told.
      this.#log.info({ module, deployment: taken.deployment, operator: from, bytes: length }, 'state given to an operator');
      return { status: 200, headers: { 'content-type': 'application/octet-stream', 'content-length': String(length) }, body };
    } catch (error) {
      this.#isGiving = false;
      throw error;
    }
  }
}
