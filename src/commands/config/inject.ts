/** `gossip config inject`: injects a signed configuration file into the cluster. */
import { Args } from '@oclif/core';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { deploymentName } from '../../model/deployment.ts';
import { changeLines } from '../../operator/deploy/change-text.ts';
import { inject, recordsOf } from '../../operator/deploy/deploy.ts';
import { keepHighest } from '../../operator/deploy/highest.ts';
import { entranceKnows, placeText } from '../../operator/deploy/place.ts';
import type { Place } from '../../operator/deploy/place.ts';
import type { Session } from '../../operator/settings/session.ts';
import type { Records } from '../../operator/status/records.ts';
import { keyText } from '../../trust/root.ts';
import { confirm } from '../terminal/confirm.ts';
import { codeInFile, verifyFile } from '../../operator/deploy/configuration-files.ts';
import { readSignedFile } from '../../operator/deploy/signed-files.ts';
import { knownNotes, refreshFromHeard } from '../../operator/cluster/decisions.ts';
import { carryOut } from '../../operator/cluster/recovery/carry-out.ts';
import { recoveryLines } from '../../operator/cluster/recovery/file-view.ts';
import { openRecoveryFile } from '../../operator/cluster/recovery/from-file.ts';
import { finishNote, inspectNoteFile, noteLines } from '../../operator/cluster/note-files.ts';
import { enterNote, requireDecidable, sameDecision } from '../../operator/cluster/note-making.ts';
import { requireAware } from '../../operator/cluster/root-entrance.ts';
import { inspectRootFile, isHeld } from '../../operator/cluster/root-files.ts';
import { GossipError } from '../../model/errors.ts';
import { versionIn } from '../../trust/next-root.ts';
import type { NoteFile } from '../../trust/note-file.ts';
import type { RecoveryFile } from '../../trust/recovery-file.ts';
import type { RootFile } from '../../trust/root-file.ts';
import { heldJson, heldText, noteJson, sayDecided } from '../terminal/decided.ts';
import { recoveredJson, recoveredRemarks, recoveredText } from '../terminal/recovered.ts';
import { RootCommand } from '../terminal/root-command.ts';
import { enter, follow, placeJson } from '../terminal/deploying.ts';
import { deploymentFlags, endFlags, waitingOf } from '../terminal/flags.ts';
import { withPassage } from '../terminal/passage.ts';

export default class ConfigInject extends RootCommand {
  static override summary = 'Inject a signed file; gossip takes it to all nodes.';
  static override description = `Needs no key: the signatures are in the file. Deployments of other modules made meanwhile do not matter; after one of the same module (exit code 8) the file must be written and signed again. So must a change of the root, once the root has changed meanwhile, and what was decided of a node, once something else was decided of it. A recovery that was interrupted is finished by injecting the same file again.`;
  static override examples = ['<%= config.bin %> <%= command.id %> counter.gossip --to rendezvous1 --wait'];
  static override args = { file: Args.string({ description: 'Signed file: what another command wrote with --write.', required: true }) };
  static override flags = {
    to: deploymentFlags.to,
    cluster: deploymentFlags.cluster,
    yes: deploymentFlags.yes,
    wait: deploymentFlags.wait,
    timeout: deploymentFlags.timeout,
    ...endFlags,
  };

  override async run() {
    const { args, flags } = await this.parse(ConfigInject);
    const signed = await readSignedFile(args.file);
    if (signed.kind !== 'deployment' && flags.wait) {
      throw new GossipError('GOSSIP_E_USAGE', '--wait is for deployments', { advice: "Who holds a root shows in 'gossip cluster show'." });
    }
    if (signed.kind === 'root') return this.withCluster(flags.cluster, (session) => this.#injectRoot(session, signed.file, flags));
    if (signed.kind === 'recovery') return this.withCluster(flags.cluster, (session) => this.#injectRecovery(session, signed.file, flags));
    if (signed.kind === 'note') return this.withCluster(flags.cluster, (session) => this.#injectNote(session, signed.file, flags));
    const { file } = signed;
    return this.withCluster(flags.cluster, async (session) => {
      const record = verifyFile(file, session.cluster.root);
      // Whether there is anything to confirm shows only there.
      const { node, place } = await enter(session, { to: flags.to, yes: true });
      const code = codeInFile(file, record);
      await this.#confirm(session, place, record, await recordsOf(session.cluster.root, session.client, node), flags.yes);
      const outcome = await withPassage(this.speaker, node, (onPassage) =>
        inject(session.client, node, record.envelope, code, { scope: 'module', onPassage }),
      );
      await keepHighest(session.cluster.directory, record.deployment.number.sequence);
      this.remark(`${placeText(place)}.`);
      const { number, module, code: reference } = record.deployment;
      const name = `d${number.sequence}`;
      this.say(
        `${name}  ${module} ${reference?.version ?? 'removed'}  ${outcome === 'known' ? 'is known already: nothing was to be done' : `entered at ${node.name || node.address}`}`,
      );
      const json = {
        deployment: name,
        ...placeJson(place),
        number,
        module,
        code: reference?.hash ?? null,
        injectedAt: new Date().toISOString(),
        node: node.name || node.address,
        outcome,
      };
      const waiting = waitingOf(flags);
      return waiting === undefined ? json : follow(this.speaker, session, [node], { record, name }, waiting, json);
    });
  }

  async #confirm(
    { cluster }: Session,
    place: Place,
    { hash, deployment, envelope }: VerifiedDeployment,
    known: Records,
    yes: boolean,
  ): Promise<void> {
    // It is there: nothing will change.
    if (known.byHash(hash) !== undefined) return;
    const signers = envelope.signatures.map(({ keyid }) => keyText(cluster.root.root, keyid)).join(', ');
    const lines = [entranceKnows(place), ...changeLines(deployment, deploymentName(deployment), known), `signed by ${signers}`];
    await confirm(this.speaker, { cluster, lines, yes });
  }

  async #injectRoot(session: Session, file: RootFile, { to, yes }: { to: string | undefined; yes: boolean }) {
    const { client, cluster: given } = session;
    const refreshed = await refreshFromHeard(given, client);
    const { root } = refreshed.cluster;
    if (isHeld(file.envelope, root)) {
      const version = versionIn(file.envelope);
      this.say(`Root ${version} of '${given.name}' is in force already: nothing was to be done.`);
      return { cluster: given.name, clusterId: root.cluster, to: version, outcome: 'known' };
    }
    requireAware(refreshed);
    const advice = "Have it signed by the next operator first: 'gossip config sign FILE'. Nothing was changed.";
    const made = await this.makeRoot({ cluster: given, client, refreshed }, inspectRootFile(file, root), { to, yes, advice });
    return { ...made, outcome: 'applied' };
  }

  async #injectNote(session: Session, file: NoteFile, { to, yes }: { to: string | undefined; yes: boolean }) {
    const { client, cluster: given } = session;
    const known = await knownNotes(given, client);
    const proposal = inspectNoteFile(file, known.cluster.root);
    const note = finishNote(proposal);
    const before = sameDecision(known, note.note);
    // By other signatures or an earlier file: who decided it first, and when, stays.
    if (before !== undefined && before.hash !== note.hash) {
      this.say(`Nothing was to be done: ${heldText(before)}.`);
      return { ...heldJson(before), cluster: given.name, clusterId: known.cluster.root.cluster };
    }
    requireDecidable(known, note.note);
    await confirm(this.speaker, { cluster: given, lines: noteLines(proposal), yes });
    const decided = await enterNote(known, client, note, to);
    for (const line of sayDecided(decided)) this.say(line);
    return { ...noteJson(decided), cluster: given.name, clusterId: known.cluster.root.cluster };
  }

  async #injectRecovery(session: Session, file: RecoveryFile, { to, yes }: { to: string | undefined; yes: boolean }) {
    const { client, keyOwner: owner } = session;
    const opened = await openRecoveryFile(file, session.cluster, { client, to });
    const { cluster, proposal, recovery, overtaken } = opened;
    if (proposal !== null) {
      const lines = [...recoveryLines(proposal), ...overtaken];
      const how = await confirm(this.speaker, { cluster, lines, yes });
      if (how === 'untold') for (const line of overtaken) this.remark(line);
    }
    const recovered = await carryOut(cluster, opened, recovery, { client, owner });
    this.say(recoveredText(cluster.name, recovered));
    if (proposal === null) this.remark('Its root was known already; all of it was told again.');
    for (const remark of recoveredRemarks(recovered)) this.remark(remark);
    const outcome = proposal === null ? 'known' : 'applied';
    return { cluster: cluster.name, clusterId: cluster.root.cluster, ...recoveredJson(recovered), overtaken, outcome };
  }
}
