/**
 * Plays a trace file: blocks of steps, each followed by `----` and what the simulator's trace says of it. The same text comes
 * back with what happens now, so that the file is its own expectation.
 */
import type { Flaw } from '../../../src/sim/world/codes.ts';
import type { DiskCondition } from '../../../src/sim/node/disk.ts';
import type { Withholding } from '../../../src/sim/node/host.ts';
import { Filter } from './filter.ts';
import { Stage } from './stage.ts';

const DEADLINE_MS = 120_000;
const SECOND_MS = 1_000;
const FLAWS: readonly Flaw[] = ['cannot-start', 'cannot-accept', 'crashes', 'hangs'];
const CONDITIONS: readonly DiskCondition[] = ['sound', 'full', 'failing'];
const WITHHOLDINGS: readonly Withholding[] = ['throws', 'too-large', 'hangs'];
const FATES = ['kept', 'lost'] as const;

export async function play(text: string): Promise<string> {
  const player = new Player();
  const blocks: string[] = [];
  for (const block of text.trimEnd().split(/\n\n+/)) blocks.push(await player.block(block));
  return `${blocks.join('\n\n')}\n`;
}

class Player {
  readonly #filter = new Filter();
  #stage: Stage | null = null;
  /** Lines of the present block. */
  #lines: string[] = [];

  async block(block: string): Promise<string> {
    const steps = (block.split('\n----')[0] ?? '').split('\n');
    this.#lines = [];
    for (const step of steps) if (step !== '' && !step.startsWith('#')) await this.#do(step.split(' '));
    return this.#lines.length === 0 ? steps.join('\n') : [...steps, '----', ...this.#lines].join('\n');
  }

  async #do([verb = '', ...words]: readonly string[]): Promise<void> {
    const [first = '', second = ''] = words;
    switch (verb) {
      case 'hide':
        return this.#filter.hide(words.join(' ').split(', '));
      case 'show':
        return this.#filter.show(first === 'all' ? [] : words.join(' ').split(', '));
      case 'cluster':
        return this.#begin(words);
      case 'wait':
        return this.stage.cluster.advance(Number(first) * SECOND_MS);
      case 'until':
        return this.#until(words.join(' '));
      case 'status':
        return void this.#lines.push(...this.stage.cluster.nodes.map((node) => this.stage.standing(node)));
      case 'deploy':
        return this.#deploy(words);
      case 'tell':
        return this.stage.tell(this.stage.node(first), this.stage.node(second));
      case 'cut':
        return this.stage.cluster.partition(
          words
            .join(' ')
            .split(' / ')
            .map((side) => side.split(' ').map((name) => this.stage.node(name))),
        );
      case 'heal':
        return this.stage.cluster.heal();
      case 'writes':
        this.stage.fate.keepsWrites = oneOf(FATES, first) === 'kept';
        return;
      default:
        return this.#doTo(verb, first, second);
    }
  }

  /** What is done to one node. */
  #doTo(verb: string, name: string, how: string): void {
    const node = this.stage.node(name);
    switch (verb) {
      case 'crash':
        return node.crash();
      case 'start':
        return node.start();
      case 'stop':
        return node.stop(() => {});
      case 'freeze':
        return node.freeze();
      case 'thaw':
        return node.thaw();
      case 'replace':
        return this.stage.cluster.replace(node).start();
      case 'copy':
        return this.stage.cluster.twin(node).start();
      case 'disk':
        return node.setDisk(oneOf(CONDITIONS, how));
      case 'kill':
        return this.stage.host(node)?.crash();
      case 'hang':
        return this.stage.host(node)?.hang();
      case 'slow':
        return void Object.assign(this.stage.host(node) ?? {}, { slowMs: Number(how) });
      case 'withhold':
        return void Object.assign(this.stage.host(node) ?? {}, { withholds: how === 'nothing' ? null : oneOf(WITHHOLDINGS, how) });
      default:
        throw new Error(`unknown step '${verb}'`);
    }
  }

  get stage(): Stage {
    if (this.#stage === null) throw new Error(`the first step must be 'cluster'`);
    return this.#stage;
  }

  /** The beginning is not shown. */
  async #begin(names: readonly string[]): Promise<void> {
    let settled = false;
    this.#stage = new Stage(names, (line) => settled && this.#lines.push(...this.#filter.lines(line)));
    await this.#stage.settle();
    settled = true;
  }

  async #until(phrase: string): Promise<void> {
    await this.stage.cluster.until(`'${phrase}' is shown`, () => this.#lines.some((line) => line.includes(phrase)), DEADLINE_MS);
  }

  /** deploy d2 at NODE [code LABEL | removal] [that FLAW] [scrub], or: deploy d2 at NODE again */
  #deploy([name = '', , at = '', ...words]: readonly string[]): void {
    const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
    const label = after('code') ?? `v${name.slice(1)}`;
    const flaw = after('that');
    const code = words.includes('removal') ? null : this.stage.code(label, flaw === undefined ? null : oneOf(FLAWS, flaw));
    const node = this.stage.node(at);
    const record = words.includes('again')
      ? this.stage.record(name)
      : this.stage.sign(name, node, { code, scrub: words.includes('scrub') });
    node.inject(record, () => {});
  }
}

function oneOf<T extends string>(words: readonly T[], word: string): T {
  const found = words.find((each) => each === word);
  if (found === undefined) throw new Error(`'${word}' is none of ${words.join(', ')}`);
  return found;
}
