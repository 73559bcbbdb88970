/** `gossip module rehearse`: an update and its rollback with a real state, before either happens. */
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { recordsOf } from '../../operator/deploy/deploy.ts';
import { locateCode, readCode } from '../../operator/deploy/code-source.ts';
import type { DirectoryCode } from '../../operator/deploy/code-source.ts';
import { parseModuleSettings } from '../../operator/deploy/settings-text.ts';
import { readGiven } from '../../operator/files/given-file.ts';
import { rehearse } from '../../operator/module/rehearse.ts';
import type { Rehearsal, RehearsedDifference, Step } from '../../operator/module/rehearse.ts';
import { isWhole } from '../../operator/module/compare-states.ts';
import { decodeStateFile } from '../../operator/module/state-file.ts';
import type { StateFile } from '../../operator/module/state-file.ts';
import { takeState } from '../../operator/modules/take-state.ts';
import type { ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { chosenNode } from '../terminal/deploying.ts';
import { clusterFlag, moduleFlag, signerFlag } from '../terminal/flags.ts';
import { startProgress } from '../terminal/progress.ts';

const WHOLE = 'It is no JSON, and old code alone changes it: what inspect() shows came back the same.';

interface Beginning {
  readonly given: StateFile | null;
  readonly settings: JsonObject;
}

interface RehearsalJson extends Rehearsal {
  readonly module: string;
  /** Whose state it was; null for the old code's own, or one of a file that does not say. */
  readonly from: StateFile['origin'];
}

export default class ModuleRehearse extends BaseCommand {
  static override summary = 'Take a state through old, new and old code, and show what comes back changed.';
  static override description = `OLD and NEW are directories of built code, or names of shipped modules. Each instance runs in the sandbox of a node, accepts the state, starts and gives its own: as in an update and the rollback after it. The first and the last state that OLD gives are compared: field by field where they are JSON, else as a whole, with what inspect() shows. What differs as well from OLD to OLD comes about by itself, and does not count.

The state is that of the module's running instance on a node (--from, which takes an operator's key that may deploy, and its deployment's settings), that of a file of 'gossip module state export' or any other (--state), or what OLD has by itself, which may be nothing. Nothing is deployed, and no node is changed.

Exit code 0: the state came back the same. 7: it did not. Another: a step failed, with the module's error and its place in the source.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ./old/dist ./dist --from node3',
    {
      description: 'With a state that was exported',
      command: '<%= config.bin %> <%= command.id %> ./old/dist ./dist --state counter.state',
    },
  ];
  static override usage =
    '<%= command.id %> OLD NEW [--json] [--from NODE [--cluster NAME] [--signer PROGRAM] | --state FILE] [--module NAME] [--settings JSON]';
  static override args = {
    old: Args.string({ description: 'Directory of the built code that runs.', required: true }),
    new: Args.string({ description: 'Directory of the built code that is to run.', required: true }),
  };
  static override flags = {
    from: Flags.string({
      summary: 'Node whose running instance gives the state: a name, an id or host:port.',
      helpValue: 'NODE',
      exclusive: ['state'],
    }),
    state: Flags.string({ summary: 'File with the state.', helpValue: 'FILE' }),
    module: moduleFlag({ summary: 'Name that it is deployed under; by default the one in OLD.' }),
    settings: Flags.string({
      summary: "Settings of all instances: a JSON object, or @FILE; by default none, or with --from those of the module's last deployment.",
      helpValue: 'JSON',
    }),
    signer: signerFlag,
    cluster: clusterFlag,
  };

  override async run(): Promise<RehearsalJson> {
    const { args, flags } = await this.parse(ModuleRehearse);
    const [old, next] = [await codeIn(args.old), await codeIn(args.new)];
    const module = flags.module ?? old.moduleJson.name;
    const settings = flags.settings === undefined ? undefined : await parseModuleSettings(flags.settings);
    const { from, state, cluster } = flags;
    const begun =
      from === undefined ? { given: await stateIn(state), settings: settings ?? {} } : await this.#take(from, cluster, module, settings);
    const progress = await startProgress(`Rehearsing ${module}`, this.jsonEnabled());
    const codes = { old: rehearsed(old), next: rehearsed(next) };
    const onStep = (step: Step): void => progress.update(stepText(step));
    const rehearsal = await rehearse({ module, ...codes, ...begun, onStep }).finally(() => progress.stop());
    const json = { module, from: begun.given?.origin ?? null, ...rehearsal };
    this.#tell(json, begun);
    const counting = rehearsal.differences.filter(({ byItself }) => !byItself).length;
    if (counting > 0) throw new StateChanged(counting, json);
    return json;
  }

  #take(from: string, cluster: string | undefined, module: ModuleName, settings: JsonObject | undefined): Promise<Beginning> {
    return this.withCluster(cluster, async (session) => {
      const node = await chosenNode(session, from);
      const given = await takeState(session, node, module);
      const inForce = settings ?? (await recordsOf(session.cluster.root, session.client, node)).newest(module)?.deployment.settings;
      return { given, settings: inForce ?? {} };
    });
  }

  #tell({ steps, differences, more }: RehearsalJson, { given }: Beginning): void {
    const origin = given?.origin ?? null;
    if (origin !== null)
      this.say(`The state of ${origin.module} ${origin.deployment} on ${origin.node.name || origin.node.address}, ${origin.time}`);
    else this.say(given === null ? "The old code's own state: give a real one with --from or --state" : 'The state of the file');
    for (const step of steps) this.say(stepText(step));
    for (const difference of differences) this.say(differenceText(difference));
    if (more) this.say(`and more than ${differences.length} in all`);
    if (differences.length === 0) this.say('It came back the same.');
    else if (differences.every(({ byItself }) => byItself)) this.say(differences.some(isWhole) ? WHOLE : 'Else it came back the same.');
  }
}

/** What was found stands beside it. */
class StateChanged extends GossipError {
  readonly json: RehearsalJson;
  constructor(count: number, json: RehearsalJson) {
    super(
      'GOSSIP_E_STATE_CHANGED',
      `the state comes back with ${json.more ? 'more than ' : ''}${count} ${count === 1 ? 'difference' : 'differences'}`,
    );
    this.json = json;
  }
}

async function codeIn(path: string): Promise<DirectoryCode> {
  return readCode(await locateCode(path, undefined));
}

async function stateIn(file: string | undefined): Promise<StateFile | null> {
  return file === undefined ? null : decodeStateFile(await readGiven(file, 'state'), file);
}

function rehearsed({ directory, moduleJson }: DirectoryCode): { directory: string; version: string } {
  return { directory, version: moduleJson.version };
}

function stepText({ step, version, took, gave }: Step): string {
  return `${step.padEnd(4)}  ${version} ${took === null ? 'began' : `took ${took} bytes`} and gave ${gave}`;
}

function differenceText({ kind, path, before, after, byItself }: RehearsedDifference): string {
  const values = kind === 'changed' ? `${before} -> ${after}` : (before ?? after);
  return `${kind.padEnd(7)}  ${path || 'all of it'}: ${values}${byItself ? ' (by itself: from old to old, too)' : ''}`;
}
