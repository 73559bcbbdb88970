/**
 * What operators ask of modules from afar: the same service as behind the door for applications, over the way of all operators' commands. Whoever watches keeps
 * a connection that never gives way, so that only few may: the places are the peers' (attack C8).
 */
import type { ServerResponse } from 'node:http';
import { formOf, topicOf, typeOf } from '../../api/apps.ts';
import { HEADERS } from '../../api/headers.ts';
import { GossipError } from '../../model/errors.ts';
import { parseModuleName } from '../../model/names.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import type { ModuleService } from '../door/service.ts';
import type { WatchRoute } from '../door/serve.ts';
import type { PeerRequest, PeerResponse } from '../transport/server/server.ts';

/** Operators that watch at once, of some 190 places for connections. */
export const MAX_WATCHING = 32;
/** Of these, with one identity: less than the connections that it may have, so that it can still ask. */
export const MAX_WATCHING_PER_ID = 8;

type Service = Pick<ModuleService, 'request' | 'watch' | 'turns' | 'lines' | 'isClosed'>;

export class OperatorCalls {
  readonly #service: Service;
  readonly #watching = new Map<NodeId, number>();

  constructor(service: Service) {
    this.#service = service;
  }

  async request(request: PeerRequest): Promise<PeerResponse> {
    const { turns, lines } = this.#service;
    const module = moduleIn(request);
    this.#refuseAtEnd();
    await lines.enter(module);
    try {
      await turns.take();
      request.signal.throwIfAborted();
      this.#refuseAtEnd();
      const content = { form: formOf(request.headers.get('content-type')), bytes: request.body };
      const { form, bytes } = await this.#service.request(module, content);
      return { status: 200, headers: { 'content-type': typeOf(form) }, body: bytes };
    } finally {
      lines.leave(module);
    }
  }

  watch(request: PeerRequest): PeerResponse {
    const { from, headers } = request;
    const topic = headers.get(HEADERS.topic);
    const route: WatchRoute =
      request.route === 'events'
        ? { name: 'events' }
        : { name: 'watch', module: moduleIn(request), topic: topic === undefined ? '' : topicOf(topic, `header ${HEADERS.topic} must be`) };
    return {
      status: 200,
      takeOver: (response) => {
        this.#refuseCrowd(from);
        this.#service.watch(route, { headers: Object.fromEntries(headers) }, response);
        this.#count(from, response);
      },
    };
  }

  #refuseAtEnd(): void {
    if (this.#service.isClosed) throw new GossipError('GOSSIP_E_STOPPING', 'the node is stopping');
  }

  #refuseCrowd(from: NodeId): void {
    const all = [...this.#watching.values()].reduce((sum, each) => sum + each, 0);
    const own = this.#watching.get(from) ?? 0;
    if (own >= MAX_WATCHING_PER_ID) throw new GossipError('GOSSIP_E_BUSY', `you watch ${own} times already`);
    if (all >= MAX_WATCHING) throw new GossipError('GOSSIP_E_BUSY', `${all} operators watch already`);
  }

  #count(from: NodeId, response: ServerResponse): void {
    this.#watching.set(from, (this.#watching.get(from) ?? 0) + 1);
    response.once('close', () => {
      const left = (this.#watching.get(from) ?? 1) - 1;
      if (left > 0) this.#watching.set(from, left);
      else this.#watching.delete(from);
    });
  }
}

function moduleIn({ parameters }: PeerRequest): ModuleName {
  return parseModuleName(parameters.get('module') ?? '');
}
