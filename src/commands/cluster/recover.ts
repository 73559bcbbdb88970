/** `gossip cluster recover`: the way back from a stolen key. */
import { Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { parseModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { planLines, planRemarks, planTable, planView } from '../../operator/cluster/recovery/plan-view.ts';
import { planRecovery, recover, resumeRecovery, signParts, undecidedError } from '../../operator/cluster/recovery/recover.ts';
import type { RecoverOptions } from '../../operator/cluster/recovery/recover.ts';
import type { Recovered } from '../../operator/cluster/recovery/carry-out.ts';
import { inspectRecovery, packRecovery } from '../../operator/cluster/recovery/recovery-files.ts';
import { recoveryPaper } from '../../operator/cluster/papers.ts';
import { author } from '../../operator/deploy/author.ts';
import { checkFree } from '../../operator/deploy/free-place.ts';
import { writeNamed } from '../../operator/files/written-file.ts';
import { decodeRecoveryFile } from '../../trust/recovery-file.ts';
import { placeOf, placeText } from '../../operator/deploy/place.ts';
import { disbeliefText } from '../../operator/status/survey.ts';
import type { Session } from '../../operator/settings/session.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag, deploymentFlags, moduleFlag, yesFlag } from '../terminal/flags.ts';
import { confirm } from '../terminal/confirm.ts';
import { placeJson } from '../terminal/deploying.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';
import { recoveredJson, recoveredRemarks, recoveredText } from '../terminal/recovered.ts';
import { drawTable } from '../terminal/table.ts';

export default class ClusterRecover extends BaseCommand {
  static override summary = 'The way back from a stolen key: end it, and sign anew what the cluster is to run.';
  static override description = `Makes a new version of the root, of the next trust epoch, and signs every module's wanted deployment anew under it. Both enter in one message and spread by gossip; whatever was signed before counts nowhere from then on, whatever its number, also on nodes that sleep. Modules that are not wanted are removed everywhere.

Without --drop your own key is taken for stolen, and a new one takes its place in every role. With --drop the named keys lose all roles, and yours stays, unless it is among them.

What a stolen key signed cannot be told from what its owner signed with it. Where another key has signed too, the newest such deployment goes on. Else say which: --until dN keeps of every module the newest up to dN, the last one from before the theft, and removes modules that came later; --keep and --remove say it of one module. Look at 'gossip history' and at the plan of --dry-run.

Where more keys than yours must sign, --write FILE writes root, deployments and what was decided of nodes into one file: 'gossip config sign FILE' signs all of it that a key may, and 'gossip config inject FILE' makes it known once it is complete.

If it is interrupted, run it again: it finishes what was begun, with the same signatures.`;
  static override examples = [
    { description: 'See what would happen', command: '<%= config.bin %> <%= command.id %> --until d17 --dry-run' },
    '<%= config.bin %> <%= command.id %> --until d17',
    { description: "A colleague's key was stolen", command: '<%= config.bin %> <%= command.id %> --drop bob' },
    {
      description: 'Module by module',
      command: '<%= config.bin %> <%= command.id %> --keep registry=d12 --remove counter --scrub registry',
    },
  ];
  static override flags = {
    drop: Flags.string({
      summary: 'A stolen key, by its name or id in gossip cluster show; several are named one by one. By default your own.',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    until: Flags.string({
      summary: 'Of every module the newest deployment up to this one goes on; modules that came later are removed.',
      helpValue: 'dN',
    }),
    keep: Flags.string({
      summary: 'The deployment of a module that goes on.',
      helpValue: 'MODULE=dN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    remove: moduleFlag({ summary: 'A module that is removed everywhere.', multiple: true, multipleNonGreedy: true }),
    scrub: moduleFlag({ summary: 'A module whose state is thrown away everywhere.', multiple: true, multipleNonGreedy: true }),
    name: Flags.string({ summary: 'What your new key is called in the root, for people.', helpValue: 'NAME' }),
    message: deploymentFlags.message,
    'dry-run': Flags.boolean({ default: false, summary: 'Only show what would happen.', exclusive: ['write'] }),
    write: Flags.string({
      summary: 'Write the recovery, signed as far as it can be here, to a file instead of making it: others may have to sign it first.',
      helpValue: 'FILE',
    }),
    yes: yesFlag,
    cluster: clusterFlag,
  };

  override async run() {
    const { flags } = await this.parse(ClusterRecover);
    const wishes = {
      keep: keepsOf(flags.keep ?? []),
      until: flags.until,
      remove: new Set(flags.remove),
      scrub: new Set(flags.scrub),
    };
    return this.withCluster(flags.cluster, async (session) => {
      const { client, keyOwner: owner } = session;
      const options: RecoverOptions = {
        client,
        owner,
        passphrase: givenPassphrase(),
        name: flags.name,
        drop: flags.drop ?? [],
        wishes,
        author: author(),
        message: flags.message,
        now: Date.now,
      };
      if (flags.write !== undefined) return this.#write(session, { ...options, isWritten: true }, flags.write);
      const resumed = flags['dry-run'] ? null : await resumeRecovery(session.cluster, options);
      return resumed === null
        ? this.#recover(session, options, { isDry: flags['dry-run'], yes: flags.yes })
        : this.#finished(session, resumed);
    });
  }

  async #recover(session: Session, options: RecoverOptions, { isDry, yes }: { isDry: boolean; yes: boolean }) {
    const plan = await planRecovery(session.cluster, options);
    for (const liar of plan.disbelieved) this.complain(disbeliefText(liar));
    const place = await placeOf(plan.cluster, session.client, plan.entrance.node);
    const view = planView(plan);
    this.remark(`${placeText(place)}.`);
    for (const remark of planRemarks(view)) this.remark(remark);
    const json = { ...placeJson(place), ...view, disbelieved: plan.disbelieved };
    if (isDry) {
      this.say(`Would make root ${view.version} of trust epoch ${view.epoch}:`, '');
      this.show(drawTable(planTable(view)));
      if (view.undecided.length > 0) this.remark(undecidedError(view.undecided).message);
      return { dryRun: true, ...json };
    }
    if (view.undecided.length > 0) throw undecidedError(view.undecided);
    await confirm(this.speaker, { cluster: plan.cluster, lines: planLines(view), yes });
    const recovered = await recover(plan, options);
    this.say(recoveredText(session.cluster.name, recovered), '');
    this.show(drawTable(planTable(view, recovered.records)));
    for (const remark of recoveredRemarks(recovered)) this.remark(remark);
    return { ...json, ...recoveredJson(recovered), resumed: false };
  }

  async #write(session: Session, options: RecoverOptions, file: string) {
    await checkFree(file);
    const plan = await planRecovery(session.cluster, options);
    for (const liar of plan.disbelieved) this.complain(disbeliefText(liar));
    const view = planView(plan);
    if (view.undecided.length > 0) throw undecidedError(view.undecided);
    const { root, name } = plan.cluster;
    const bytes = packRecovery(root, await signParts(plan, options));
    const paper = recoveryPaper(inspectRecovery(decodeRecoveryFile(bytes), root), name);
    await writeNamed(file, bytes);
    for (const remark of planRemarks(view)) this.remark(remark);
    this.show(drawTable(planTable(view)));
    const { lacking } = paper;
    const next = lacking === null ? `gossip config inject ${file}` : `gossip config sign ${file}; ${lacking}`;
    this.remark(`Written to ${file}; nothing was changed. Next: ${next}`);
    if (view.exchangesOwn)
      this.remark('Your new key takes its place when you inject the file, or once others have, when you inject it again.');
    return { ...view, ...paper.view, file, complete: lacking === null };
  }

  /** Of what an earlier try began, with its flags and not with these. */
  #finished(session: Session, recovered: Recovered) {
    this.say(recoveredText(session.cluster.name, recovered), '');
    this.remark('That is the recovery that was begun before and not finished; what this command asked for was passed over.');
    for (const remark of recoveredRemarks(recovered)) this.remark(remark);
    const { cluster } = session;
    return { cluster: cluster.name, clusterId: cluster.root.cluster, ...recoveredJson(recovered), resumed: true };
  }
}

function keepsOf(texts: readonly string[]): ReadonlyMap<ModuleName, string> {
  const keeps = new Map<ModuleName, string>();
  for (const text of texts) {
    const [, module = '', deployment = ''] = /^([^=]*)=([^=]*)$/.exec(text) ?? [];
    if (deployment === '')
      throw new GossipError('GOSSIP_E_USAGE', `'${text}' does not say which deployment goes on`, { advice: 'Write MODULE=dN.' });
    const name = parseModuleName(module);
    if (keeps.has(name)) throw new GossipError('GOSSIP_E_USAGE', `${name} is named twice in --keep`);
    keeps.set(name, deployment);
  }
  return keeps;
}
