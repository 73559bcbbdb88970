/** What a lab remembers of itself on the disk: its nodes, where they are, and the processes that it started for them. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { readRegularFile } from '../core/store/files/regular-file.ts';
import { GossipError } from '../model/errors.ts';
import { nodeName } from '../model/forms.ts';
import type { Peer } from '../model/names.ts';
import type { ProcessId } from './process.ts';

/** A node of a lab. `process` is null while it is stopped. */
export interface LabNode extends Peer {
  readonly directory: string;
  readonly process: ProcessId | null;
}

export interface LabFile {
  readonly cluster: string;
  readonly intervalMs: number;
  readonly nodes: readonly LabNode[];
}

export const LAB_FILE = 'lab.json';
/** Many times what the largest lab takes. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Open, and kept when the file is written again: another version of the program may have added fields. */
const fileSchema = v.looseObject({
  cluster: v.string(),
  intervalMs: v.number(),
  nodes: v.array(
    v.looseObject({
      id: v.string(),
      address: v.string(),
      // Its directory is called so.
      name: nodeName,
      directory: v.string(),
      process: v.nullable(v.looseObject({ pid: v.number(), started: v.string() })),
    }),
  ),
});

/** The file of the lab in a directory where one was started. @throws GOSSIP_E_LAB */
export function labFile(directory: string): LabFile {
  return here(parseFile(readLabFile(directory), directory), directory);
}

/**
 * The file as it holds for the place where it lies now: the directories in it name where the lab was made. Those of a moved lab are beside the file. Of
 * a copy the processes are those of the lab that it was copied from, which is still there: the copy has none, and ends none.
 */
function here(file: LabFile, directory: string): LabFile {
  const nodes = file.nodes.map((node): LabNode => {
    const own = join(directory, node.name);
    const isCopy = resolve(node.directory) !== resolve(own) && existsSync(node.directory);
    return { ...node, directory: own, process: isCopy ? null : node.process };
  });
  return { ...file, nodes };
}

function readLabFile(directory: string): string {
  try {
    return readRegularFile(join(directory, LAB_FILE), { maxBytes: MAX_FILE_BYTES, code: 'GOSSIP_E_LAB' }).toString('utf8');
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw new GossipError('GOSSIP_E_LAB', `there is no lab in ${directory}`, { cause });
  }
}

function parseFile(text: string, directory: string): LabFile {
  try {
    return v.parse(fileSchema, JSON.parse(text)) as unknown as LabFile;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_LAB', `${join(directory, LAB_FILE)} is damaged`, {
      cause,
      advice: 'End its nodes by hand; their pids were in the file.',
    });
  }
}
