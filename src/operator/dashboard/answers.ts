/** What the page asks for one at a time: a node, what a module of it shows, the difference of two deployments. */
import { GossipError } from '../../model/errors.ts';
import { isModuleName } from '../../model/names.ts';
import { safeJson, safeText } from '../../model/safe-text.ts';
import type { DetailsAnswer, LinesAnswer, TextLine } from '../../dashboard/wire.ts';
import type { NodeApi } from '../client/client.ts';
import { deploymentDifference, twoOf } from '../difference/deployment-difference.ts';
import { differenceLines } from '../render/difference-text.ts';
import { reachable } from '../status/gather.ts';
import type { NodeRow } from '../status/status.ts';
import { safeValue } from './board.ts';
import { detailsOf } from './details.ts';
import type { Follower } from './follow.ts';
import type { Answers } from './server.ts';

/** Lines that the page shows; more are counted. */
const MOST_LINES = 5_000;

export function answersOf(follower: Pick<Follower, 'latest'>, api: NodeApi): Answers {
  const latest = (): NonNullable<Follower['latest']> => {
    if (follower.latest === null) throw new GossipError('GOSSIP_E_BUSY', 'the nodes have not answered yet');
    return follower.latest;
  };
  const nodeOf = (query: URLSearchParams): NodeRow => {
    const node = latest().status.nodes.find(({ id }) => id === query.get('id'));
    if (node === undefined) throw new GossipError('GOSSIP_E_NODE_UNKNOWN', 'no such node is known any more');
    return node;
  };
  return {
    node: async (query): Promise<DetailsAnswer> => {
      const names = new Map(latest().status.nodes.map(({ id, name }) => [id, name]));
      return safeValue(detailsOf(nodeOf(query), (id) => names.get(id))) as DetailsAnswer;
    },
    inspect: async (query): Promise<LinesAnswer> => {
      const node = nodeOf(query);
      const module = query.get('module') ?? '';
      if (!isModuleName(module)) throw new GossipError('GOSSIP_E_USAGE', `'${module}' is no name of a module`);
      const shown = await api.inspect({ ...node, address: node.address as Parameters<typeof api.inspect>[0]['address'] }, module);
      return linesAnswer(
        safeJson(shown, 2)
          .split('\n')
          .map((text) => ({ text })),
      );
    },
    diff: async (query): Promise<LinesAnswer> => {
      const { records, sightings } = latest().survey;
      const two = twoOf(records, [query.get('before') ?? '', query.get('after') ?? undefined]);
      return linesAnswer(differenceLines(await deploymentDifference(two, records, { nodes: reachable(sightings), api, lines: true })));
    },
  };
}

function linesAnswer(lines: readonly TextLine[]): LinesAnswer {
  const more = lines.length - MOST_LINES;
  const shown = lines.slice(0, MOST_LINES).map(({ text, ...rest }) => ({ ...rest, text: safeText(text) }));
  return { lines: more > 0 ? [...shown, { text: `… ${more} more lines`, tone: 'dim' }] : shown };
}
