/** Large code on its way to all nodes: how long it takes beside plain HTTPS, and who uploads it how often. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Setting } from '../harness/bench.ts';
import type { Figure } from '../harness/figure.ts';
import type { BenchLab } from '../harness/lab.ts';
import * as product from '../harness/product.ts';
import { inTime } from '../harness/wait.ts';
import { writeModule } from '../../test/support/modules.ts';
import { deployments, reachedFigure } from './deployments.ts';
import { downloadsMs } from './plain-download.ts';
import { uploadFigures } from './upload-figures.ts';
import { Uploads } from './uploads.ts';

/** Beside the large file the code has a small one and its module.json. */
const SMALL_BYTES = 10_000;
const MB = 1e6;

interface Size {
  readonly nodes: number;
  readonly bytes: number;
  readonly times: number;
}

const SIZES: Readonly<Record<'quick' | 'full', readonly Size[]>> = {
  quick: [{ nodes: 6, bytes: 5 * MB, times: 1 }],
  full: [
    { nodes: 100, bytes: 10 * MB, times: 3 },
    { nodes: 20, bytes: 100 * MB, times: 3 },
  ],
};
const DEADLINE_MS = 180_000;
/** Receivers that a plain server has at the same time. */
const LANES = 8;

const STILL = `
export default class Still {
  receive() { return null; }
  acceptState() {}
  transferState() { return ''; }
}
`;

export async function code(setting: Setting): Promise<void> {
  setting.found({
    remarks: [
      'Uploads are what the server of a node sends while the code spreads, counted by the kernel: TLS, and what else the nodes say meanwhile, included.',
    ],
  });
  for (const wanted of SIZES[setting.quick ? 'quick' : 'full']) {
    const bytes = Math.min(wanted.bytes, product.MAX_CODE_BYTES - SMALL_BYTES);
    const most = Math.floor(product.MAX_CODE_BYTES / MB);
    if (bytes < wanted.bytes)
      setting.found({
        remarks: [`Code has at most ${most} MB: that much went to ${wanted.nodes} nodes, and not ${wanted.bytes / MB} MB.`],
      });
    const ended = await inTime(() => measured(setting, { ...wanted, bytes }));
    setting.found('result' in ended ? { figures: ended.result } : { remarks: [`${wanted.nodes} nodes: ${ended.late}.`] });
  }
}

function measured(setting: Setting, { nodes, bytes, times }: Size): Promise<Figure[]> {
  const title = (what: string): string => `${what}, ${Math.floor(bytes / MB)} MB to ${nodes} nodes`;
  const rendezvous = Math.max(1, Math.round(nodes / 10));
  return setting.withLab({ nodes, rendezvous }, async (lab) => {
    let version = 0;
    const next = (): Promise<string> => write(lab, bytes, (version += 1));
    const plain = [await downloadsMs({ bytes, receivers: nodes - 1, lanes: LANES, signal: setting.signal })];
    const uploads = new Uploads(lab, bytes + SMALL_BYTES, setting.signal);
    const before = (): Promise<void> => uploads.begin();
    const done = await deployments(setting, lab, { what: title('code'), count: times, deadlineMs: DEADLINE_MS, next, before });
    await uploads.end();
    const baseline = { name: `plain HTTPS from one to ${nodes - 1}, ${LANES} at a time`, values: plain };
    return [
      reachedFigure(title('running on half'), done, { what: 'runningMs', share: 0.5, baseline }),
      reachedFigure(title('running on all'), done, { what: 'runningMs', share: 1, baseline, headline: true }),
      ...uploadFigures(title, uploads.done),
    ];
  });
}

/** New bytes each time: what a node has already it would not fetch. */
async function write(lab: BenchLab, bytes: number, version: number): Promise<string> {
  const directory = await writeModule(lab.directory, { name: 'still', version: `1.0.${version}`, source: STILL });
  await writeFile(join(directory, 'ballast.bin'), randomBytes(bytes));
  return directory;
}
