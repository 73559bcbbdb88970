/** How the last deployments came to a node: a part of its status. */
import * as v from 'valibot';
import type { DeploymentNumber } from '../model/deployment-number.ts';
import { moduleName, nodeId } from '../model/forms.ts';
import type { ModuleName, NodeId } from '../model/names.ts';
import { ageMs, number, text } from './status-parts.ts';

/** How one of the last deployments came to the node, since its start. Ages are by its own clock, in milliseconds. */
export interface ArrivalStatus {
  readonly module: ModuleName;
  readonly deployment: string;
  readonly number: DeploymentNumber;
  /** `injection`, `exchange`, `rumor` or `backup`; other words of later versions. */
  readonly via: string;
  /** The peer that brought the record; null where an operator did. */
  readonly from: NodeId | null;
  readonly acceptedMs: number;
  /** From whom the code came last; null where it did not have to be fetched, or has not been yet. */
  readonly code: { readonly from: NodeId; readonly fetchedMs: number } | null;
  /** Since it first ran; null where it has not, or has been replaced before. */
  readonly runningMs: number | null;
}

/** Open. */
export const arrivalSchema = v.object({
  module: moduleName,
  deployment: text,
  number,
  via: text,
  from: v.nullable(nodeId),
  acceptedMs: ageMs,
  code: v.nullable(v.object({ from: nodeId, fetchedMs: ageMs })),
  runningMs: v.nullable(ageMs),
});
