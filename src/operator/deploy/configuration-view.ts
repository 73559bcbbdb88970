/** What a signed deployment says, as `gossip config` shows it. */
import type { Deployment, Envelope } from '../../model/deployment.ts';
import type { ConfigurationFile } from '../../trust/configuration-file.ts';
import type { UnfinishedDeployment } from '../../trust/deployment.ts';
import { roleOf } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { isoTime } from '../status/history.ts';
import type { Records } from '../status/records.ts';

export interface SignedView extends Omit<Deployment, 'type'> {
  readonly deployment: string;
  /** SHA-256 of the signed payload. */
  readonly hash: string;
  /** Ids of the keys that signed. */
  readonly signers: readonly string[];
  /** How many must sign. */
  readonly threshold: number;
  /** Ids of the keys that may still sign, where signatures are missing. */
  readonly missing: readonly string[];
}

export interface FileView extends SignedView {
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

function signedView({ deployment, envelope, hash }: UnfinishedDeployment, root: TrustedRoot, name: string): SignedView {
  const { type: _type, ...said } = deployment;
  const { keys, threshold } = roleOf(root.root, 'deploy');
  const signers = signersOf(envelope);
  const missing = signers.length < threshold ? [...keys.keys()].filter((keyid) => !signers.includes(keyid)) : [];
  return { deployment: name, ...said, hash, signers, threshold, missing };
}

/** What every node must run: the newest deployment of each module. */
export function configurationView(records: Records, root: TrustedRoot): readonly SignedView[] {
  return records.modules.flatMap((module) => records.newest(module) ?? []).map((record) => signedView(record, root, records.name(record)));
}

export function fileView(file: ConfigurationFile, record: UnfinishedDeployment, root: TrustedRoot): FileView {
  const files = (file.manifest?.files ?? []).map(({ path, size }) => ({ path, size }));
  return { ...signedView(record, root, `d${record.deployment.number.sequence}`), files };
}

/** A view as lines of text. */
export function viewLines(view: SignedView): string[] {
  const { deployment, module, code, number, settings, scrub, rollbackOf, author, message, signers, threshold, missing } = view;
  return [
    `${deployment}  ${module}  ${code === null ? 'removed' : `${code.version}  ${code.hash} (${code.files} files, ${code.bytes} bytes)`}`,
    `  issued    ${isoTime(number.time)} at ${number.origin.slice(0, 12)} by ${author}${message === '' ? '' : `: ${message}`}`,
    `  settings  ${JSON.stringify(settings)}`,
    ...(scrub ? ['  scrub     throws the old state away'] : []),
    ...(rollbackOf === null ? [] : [`  rollback  of ${rollbackOf.slice(0, 12)}`]),
    `  signed    ${signers.length} of ${threshold}: ${signers.map((keyid) => keyid.slice(0, 12)).join(', ')}`,
    ...(missing.length === 0
      ? []
      : [`  missing   ${threshold - signers.length} of: ${missing.map((keyid) => keyid.slice(0, 12)).join(', ')}`]),
  ];
}

function signersOf(envelope: Envelope): string[] {
  return envelope.signatures.map(({ keyid }) => keyid);
}
