/** Asks one source for addresses. */
import { answerOf, foundInLines, shuffled } from './answer.ts';
import type { Found, SourceAnswer } from './answer.ts';
import { textOfFile } from './file.ts';
import { foundByName, foundByService } from './names.ts';
import type { Names } from './names.ts';
import { textOfProgram } from './program.ts';
import type { SourceWish } from './wish.ts';

export interface Asking {
  readonly names: Names;
  /** Of what names none. */
  readonly port: number;
  readonly random: () => number;
  readonly stopped: AbortSignal;
}

/** @throws GOSSIP_E_JOIN_FROM where it gives no answer, within some 10 s */
export async function askSource(source: SourceWish, asking: Asking): Promise<SourceAnswer> {
  const port = source.kind === 'dns' ? (source.port ?? asking.port) : asking.port;
  const found = await foundBy(source, asking);
  // Not all nodes with the same answer shall call the same ones; only records of services say which come first.
  return answerOf(found, port, (addresses) => (source.kind === 'srv' ? addresses : shuffled(addresses, asking.random)));
}

async function foundBy(source: SourceWish, { names, random, stopped }: Asking): Promise<readonly Found[]> {
  switch (source.kind) {
    case 'dns':
      return foundByName(names, source.name);
    case 'srv':
      return foundByService(names, source.name, random);
    case 'file':
      return foundInLines(await textOfFile(source.path));
    case 'exec':
      return foundInLines(await textOfProgram(source.program, stopped));
  }
}
