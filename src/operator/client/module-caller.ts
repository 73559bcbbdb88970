/** The modules of a node elsewhere, as an operator reaches them: pinned to the node, with the operator's warrant. */
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { HEADERS } from '../../api/headers.ts';
import { asksForHello } from '../../api/refusal.ts';
import { answerTo, Caller } from '../../client/door.ts';
import type { Asked } from '../../client/door.ts';
import type { GossipError } from '../../model/errors.ts';
import { connectionError } from './connection-error.ts';
import type { Named } from './connection-error.ts';
import type { PinnedAgent } from './pinned-agent.ts';

export interface ModuleWay {
  readonly node: Named;
  readonly warrant: string;
  /** Connections to that node alone. */
  readonly agent: () => PinnedAgent;
  /** Has the node show that it is a member, and this operator as well; done once, unless it must be done again. */
  readonly introduce: (again: boolean) => Promise<unknown>;
}

const TOPIC = '?topic=';

export class ModuleCaller extends Caller {
  readonly #way: ModuleWay;
  readonly #agent: PinnedAgent;

  constructor(way: ModuleWay) {
    super();
    this.#way = way;
    this.#agent = way.agent();
  }

  override close(): void {
    this.#agent.destroy();
  }

  /** What is asked may be secret: nobody hears it before he has shown that he is a member (attack B18). */
  protected override async send(asked: Asked, apart: boolean): Promise<IncomingMessage> {
    await this.#way.introduce(false);
    const answer = await this.#send(asked, apart);
    if (!asksForHello({ status: answer.statusCode ?? 0 })) return answer;
    answer.resume();
    // It has forgotten this operator since.
    await this.#way.introduce(true);
    return this.#send(asked, apart);
  }

  protected override failed(thrown: unknown): GossipError {
    return connectionError(thrown, this.#way.node);
  }

  async #send(asked: Asked, apart: boolean): Promise<IncomingMessage> {
    const [path = '', topic] = asked.path.split(TOPIC);
    const headers = { ...asked.headers, [HEADERS.warrant]: this.#way.warrant, ...(topic !== undefined && { [HEADERS.topic]: topic }) };
    const agent = apart ? this.#way.agent() : this.#agent;
    const host = this.#way.node.address;
    return answerTo({ ...asked, path, headers }, (options) => {
      const sent = httpsRequest({ ...options, agent, headers: { ...options.headers, host } });
      if (apart) sent.once('close', () => agent.destroy());
      return sent;
    });
  }
}
