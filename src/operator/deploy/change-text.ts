/** A deployment before it is made, in words: what becomes of what. */
import type { CodeReference, Deployment } from '../../model/deployment.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { shortHash } from '../render/cells.ts';
import type { Records } from '../status/records.ts';

type Made = Pick<Deployment, 'module' | 'code' | 'scrub' | 'message'> & { readonly settings?: JsonObject | undefined };

/** `counter: d3 1.0.0 3f0a1b2c3d4e -> d4 1.1.0 77aa0c1d2e3f`, and what else is not as it was. `name` is that of the new one. */
export function changeLines({ module, code, settings, scrub, message }: Made, name: string, known: Records): string[] {
  const newest = known.newest(module);
  const before = newest === undefined ? 'nothing' : `${known.name(newest)} ${codeText(newest.deployment.code)}`;
  const inForce = newest?.deployment.settings ?? {};
  return [
    `${module}: ${before} -> ${name} ${codeText(code)}`,
    ...(settings === undefined || JSON.stringify(settings) === JSON.stringify(inForce)
      ? []
      : [`settings: ${JSON.stringify(inForce)} -> ${JSON.stringify(settings)}`]),
    ...(scrub && newest !== undefined ? ['the state on every node is thrown away'] : []),
    ...(message === '' ? [] : [`why: ${message}`]),
  ];
}

function codeText(code: CodeReference | null): string {
  return code === null ? 'removed' : `${code.version} ${shortHash(code.hash)}`;
}
