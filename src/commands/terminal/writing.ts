/** `--write` of every command that makes a deployment: signs it into a file and injects nothing, so that others can countersign it. */
import type { NodeAddress } from '../../operator/client/client.ts';
import type { CodeSource } from '../../operator/deploy/code-source.ts';
import { packFile } from '../../operator/deploy/configuration-files.ts';
import { prepare } from '../../operator/deploy/deploy.ts';
import type { Draft } from '../../operator/deploy/deploy.ts';
import type { Session } from '../../operator/settings/session.ts';
import { checkFree } from '../../operator/deploy/free-place.ts';
import { writeNamed } from '../../operator/files/written-file.ts';
import { roleOf } from '../../trust/root.ts';
import { signing } from './deploying.ts';
import type { Speaker } from './speaker.ts';

export interface Writing {
  readonly session: Session;
  /** Whose newest number the deployment's follows. */
  readonly node: NodeAddress;
  readonly draft: Draft;
  /** Null for a removal. */
  readonly code: CodeSource | null;
  readonly file: string;
  /** What the operator may not know of the draft. */
  readonly remarks: readonly string[];
  /** Called once the file is whole. */
  readonly onWritten: (name: string) => void;
}

export async function writeSigned(command: Speaker, { session, node, draft, code, file, remarks, onWritten }: Writing) {
  await checkFree(file);
  const { root } = session.cluster;
  const { deployment, envelope } = await prepare(await signing(session), session.client, node, draft);
  await writeNamed(file, await packFile(root, envelope, code));
  const name = `d${deployment.number.sequence}`;
  for (const remark of remarks) command.remark(remark);
  onWritten(name);
  const { threshold } = roleOf(root.root, 'deploy');
  const signatures = envelope.signatures.length;
  const missing = Math.max(0, threshold - signatures);
  const next = missing === 0 ? `gossip config inject ${file}` : `${missing} more must sign: gossip config sign ${file}`;
  command.remark(`Signed and written to ${file}; nothing was injected. Next: ${next}`);
  const { number, module } = deployment;
  return { deployment: name, number, module, code: draft.code?.hash ?? null, file, signatures, threshold, complete: missing === 0 };
}
