/** `gossip module state import`: a state from a file, signed and brought to every node. */
import { Args } from '@oclif/core';
import { parseModuleName } from '../../../model/names.ts';
import type { ModuleName } from '../../../model/names.ts';
import { GossipError } from '../../../model/errors.ts';
import { stateBytes } from '../../../model/state-bytes.ts';
import { author } from '../../../operator/deploy/author.ts';
import { checkBefore } from '../../../operator/deploy/author-check.ts';
import type { DirectoryCode } from '../../../operator/deploy/code-source.ts';
import { currentOf } from '../../../operator/deploy/current.ts';
import { recordsOf } from '../../../operator/deploy/deploy.ts';
import type { Draft } from '../../../operator/deploy/deploy.ts';
import { findCode } from '../../../operator/deploy/rollback.ts';
import { requireSeeding, withSeededCode } from '../../../operator/deploy/seeded-code.ts';
import { readGiven } from '../../../operator/files/given-file.ts';
import { decodeStateFile } from '../../../operator/module/state-file.ts';
import type { StateFile } from '../../../operator/module/state-file.ts';
import { gatherCluster } from '../../../operator/client/nodes.ts';
import { reachable } from '../../../operator/status/gather.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { enter } from '../../terminal/deploying.ts';
import { DEPLOYING_USAGE, deploymentFlags, insteadFlags } from '../../terminal/flags.ts';
import { startProgress } from '../../terminal/progress.ts';
import { send } from '../../terminal/sending.ts';

export default class StateImport extends BaseCommand {
  static override summary = 'Bring a state from a file to every node: a signed deployment that throws all other state away.';
  static override description = `The code and the settings of the module's newest deployment are deployed again, with the state beside the code, and a new state epoch is opened. On every node the instance begins with that state, and so does one on a node that joins later and is handed no newer one; what nodes gathered meanwhile is thrown away. The code is fetched from a node and tried with the state in the sandbox first: a state that it refuses is not signed.

Every node can read the state, and whoever may read code of modules: it travels as code does. FILE is what 'gossip module state export' wrote, or a state and nothing else: text, or bytes where it is no UTF-8.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter counter.state --wait',
    { description: 'What would be deployed', command: '<%= config.bin %> <%= command.id %> counter counter.state --dry-run' },
  ];
  static override usage = `<%= command.id %> MODULE FILE [--json] [--to NODE] [--cluster NAME] [-m TEXT] [--expect dN] ${DEPLOYING_USAGE}`;
  static override args = {
    module: Args.string({ description: 'Name of the module.', required: true }),
    file: Args.string({ description: 'The state.', required: true }),
  };
  static override flags = { ...deploymentFlags, ...insteadFlags };

  override async run() {
    const { args, flags } = await this.parse(StateImport);
    const module = parseModuleName(args.module);
    const { origin, state } = stateOf(module, args.file, await readGiven(args.file, 'state'));
    const whose = `${stateBytes(state)} bytes ${origin === null ? 'of a file that does not say whose state it is' : `of ${origin.deployment}, ${origin.time}`}`;
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags);
      const known = await recordsOf(session.cluster.root, session.client, node);
      const newest = currentOf(known, module);
      const { settings } = newest.deployment;
      const { sightings } = await gatherCluster(session.cluster, session.client);
      requireSeeding(reachable(sightings));
      const deployed = await findCode(newest, [node, ...reachable(sightings)], session.client);
      return withSeededCode(deployed, state, async (code) => {
        await this.#check(code, module, settings);
        const draft: Draft = {
          module,
          code: code.reference,
          settings,
          scrub: true,
          rollbackOf: null,
          author: author(),
          message: flags.message || `state of ${origin === null ? 'a file' : `${origin.deployment}, ${origin.time}`}`,
          // The code is that which was read: whatever came in between is nobody's to undo unseen.
          expect: flags.expect ?? known.name(newest),
        };
        const making = { session, node, place, draft, code, known, remarks: [] };
        return send(this.speaker, making, flags, (name) => this.say(`${name}  ${module} ${code.reference.version} with a state: ${whose}`));
      });
    });
  }

  async #check(code: DirectoryCode, module: ModuleName, settings: Draft['settings']): Promise<void> {
    const progress = await startProgress(`Trying ${module} with the state`, this.jsonEnabled());
    for (const line of await checkBefore(code, { module, settings: settings ?? {} }).finally(() => progress.stop())) this.remark(line);
  }
}

function stateOf(module: ModuleName, file: string, content: Buffer): StateFile {
  const given = decodeStateFile(content, file);
  if (given.origin === null || given.origin.module === module) return given;
  throw new GossipError('GOSSIP_E_FILE', `${file} holds a state of ${given.origin.module}, not of ${module}`, {
    advice: `If that is meant, give the state alone, without the first line of the file: tail -n +2 ${file}`,
  });
}
