/** `gossip drill`: breaks every module on purpose, and heals the cluster by the gossip of the cores alone. */
import { Flags } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import { author } from '../operator/deploy/author.ts';
import { currentOf } from '../operator/deploy/current.ts';
import { placeText } from '../operator/deploy/place.ts';
import type { Place } from '../operator/deploy/place.ts';
import { knownNodes } from '../operator/client/nodes.ts';
import type { NodeAddress } from '../operator/client/client.ts';
import { brokenModules } from '../operator/drill/drill-record.ts';
import { isOwnLab, planDrill, requireMayBreak, requireSoleSigner } from '../operator/drill/plan.ts';
import { countOfNodes } from '../operator/render/names.ts';
import { reachable } from '../operator/status/gather.ts';
import { disbeliefText, survey } from '../operator/status/survey.ts';
import type { Survey } from '../operator/status/survey.ts';
import type { Session } from '../operator/settings/session.ts';
import { keyText } from '../trust/root.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { confirm } from './terminal/confirm.ts';
import { enter, signing } from './terminal/deploying.ts';
import { runDrill } from './terminal/drilling.ts';
import type { Drilling, DrillJson } from './terminal/drilling.ts';
import { clusterFlag, durationFlag, entranceFlag, moduleFlag, signerFlag, yesFlag } from './terminal/flags.ts';

const DEFAULT_TIMEOUT_MS = 300_000;
const DEFAULT_SETTLE_MS = 3_000;

export default class Drill extends BaseCommand {
  static override summary = 'Break every module on purpose, and see the cluster heal by the gossip of the cores alone.';
  static override description = `Deploys, in the place of each module, signed code that takes its state over, starts, and then dies on every start without having said a word; it shows the modules go down on node after node. Then it deploys what ran before, which no module can carry any more: the cores' backup gossip does. It says after how many seconds and rounds the nodes knew of it, died, and ran well again. No state is lost or thrown away: the code of the drill hands on what it was handed.

It is refused unless the cluster is well, and where more than one key must sign deployments. Without --yes-break-everything it is held only in labs of this home: what uses the modules finds them dead for as long as it takes. Elsewhere it asks like every change; --yes answers that.

Ctrl-C at any moment heals at once; a second one ends the command and prints what heals. It ends with 0 where all is healed, 4 where it is not everywhere before --timeout, and 130 where it was interrupted. The history says in whose place each deployment of a drill stands, so that 'gossip drill --heal' mends what a drill left behind whose command was killed, from any machine.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'One module alone', command: '<%= config.bin %> <%= command.id %> --module counter' },
    { description: 'After a drill was killed', command: '<%= config.bin %> <%= command.id %> --heal' },
  ];
  static override flags = {
    module: moduleFlag({ summary: 'Only this module; by default every one that runs.' }),
    heal: Flags.boolean({ default: false, summary: 'Break nothing: bring back what ran before a drill that was not ended.' }),
    'yes-break-everything': Flags.boolean({
      default: false,
      summary: 'Hold it in a cluster that is no lab of this home. Whoever uses its modules finds them dead meanwhile.',
      exclusive: ['heal'],
    }),
    to: entranceFlag,
    cluster: clusterFlag,
    yes: yesFlag,
    signer: signerFlag,
    timeout: durationFlag({
      summary:
        'How long it waits for the healing at most, from when that has begun; by default 5m. The going down is watched for 30s or 60 rounds at most.',
    }),
    settle: durationFlag({
      summary: 'How long every instance must have been healthy before it counts; by default 3s.',
      minMs: 0,
      env: 'GOSSIP_SETTLE',
    }),
  };

  override async run(): Promise<DrillJson> {
    const { flags } = await this.parse(Drill);
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster, client } = session;
      requireSoleSigner(cluster);
      if (!flags.heal) requireMayBreak(cluster, await isOwnLab(cluster), flags['yes-break-everything']);
      const { node, place } = await enter(session, flags);
      const seen = await survey(cluster, client);
      for (const liar of seen.disbelieved) this.complain(disbeliefText(liar));
      const drilling = {
        session,
        place,
        records: seen.records,
        signing: await signing(session),
        author: author(),
        entrances: entrancesOf(session, node, seen),
        timeoutMs: flags.timeout ?? DEFAULT_TIMEOUT_MS,
        settleMs: flags.settle ?? DEFAULT_SETTLE_MS,
      };
      return flags.heal ? this.#heal(drilling, flags) : this.#break(drilling, seen, flags);
    });
  }

  async #break(drilling: Omit<Drilling, 'targets' | 'broken'>, seen: Survey, { module, yes }: Asked): Promise<DrillJson> {
    const { cluster } = drilling.session;
    const targets = planDrill(cluster, seen, module);
    const lines = targets.map((each) => `${each.module}: broken on ${countOfNodes(each.nodes.size)}, then back to ${each.name}`);
    await this.#confirm(drilling, ['every module named here dies on all nodes, until it is healed', ...lines], yes);
    return runDrill(this.#speaking(drilling.place), { ...drilling, targets, broken: [] });
  }

  async #heal(drilling: Omit<Drilling, 'targets' | 'broken'>, { module, yes }: Asked): Promise<DrillJson> {
    const { records, place } = drilling;
    // A name that was mistyped would pass for one that is well.
    if (module !== undefined) currentOf(records, module);
    const broken = brokenModules(records, module);
    if (broken.length === 0) {
      this.say(
        module === undefined ? 'Nothing to heal: no module is broken by a drill.' : `Nothing to heal: ${module} is not broken by a drill.`,
      );
      return {
        cluster: place.cluster,
        clusterId: place.clusterId,
        lab: place.lab,
        intervalMs: place.intervalMs,
        interrupted: false,
        modules: [],
      };
    }
    const lines = broken.map(
      ({ module: name, drill, before }) => `${name}: ${records.name(drill)}, a drill -> back to ${records.name(before)}, state kept`,
    );
    await this.#confirm(drilling, lines, yes);
    return runDrill(this.#speaking(place), { ...drilling, targets: [], broken });
  }

  async #confirm(
    { session: { cluster }, signing: { key } }: Pick<Drilling, 'session' | 'signing'>,
    changes: readonly string[],
    yes: boolean,
  ): Promise<void> {
    const lines = [...changes, `signed by ${keyText(cluster.root.root, key.keyid)}`];
    await confirm(this.speaker, { cluster, lines, yes });
  }

  #speaking(place: Place) {
    this.remark(`${placeText(place)}.`);
    return { ...this.speaker, say: (line: string) => this.say(line), complain: (line: string) => this.complain(line) };
  }
}

interface Asked {
  readonly module: Parameters<typeof planDrill>[2];
  readonly yes: boolean;
}

/** The chosen one first, then whoever answered: one of them may be gone when the cluster is to be healed. */
function entrancesOf({ cluster }: Session, node: NodeAddress, { sightings }: Survey): readonly NodeAddress[] {
  const answered = new Set(reachable(sightings).map(({ id }) => id));
  const known = [...knownNodes(cluster), ...sightings.map((sighting) => sighting.node)].filter(({ id }) => answered.has(id));
  const others = [...new Map(known.map((each) => [each.id, each])).values()].filter(({ id }) => id !== node.id);
  if (answered.size === 0) throw new GossipError('GOSSIP_E_UNREACHABLE', `no node of '${cluster.name}' answers`);
  return [node, ...others].slice(0, MAX_ENTRANCES);
}

const MAX_ENTRANCES = 8;
