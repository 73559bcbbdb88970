/** Commands that do not exist: said before anything runs, with the nearest that does. */
import { GossipError } from '../../model/errors.ts';

/** Words that are close enough to be a slip of the finger. */
const MAX_DISTANCE = 3;

/** What a command takes; `id` is oclif's, with colons. */
interface Known {
  readonly id: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Refuses an argument line that begins with no command or topic, or holds more words than its command takes. */
export function refuseUnknownCommand(argv: readonly string[], commands: readonly Known[]): void {
  const flagAt = argv.findIndex((word) => word.startsWith('-'));
  const words = flagAt === -1 ? argv : argv.slice(0, flagAt);
  const ids = commands.map(({ id }) => id);
  if (words.length === 0) return;
  if (ids.some((id) => isKnown(words, id.split(':')))) return refuseExtraWords(words, commands);
  const typed = typedCommand(words, ids);
  const near = nearest(typed, ids);
  throw new GossipError('GOSSIP_E_USAGE', `there is no command '${typed}'`, {
    advice: near === undefined ? 'See gossip --help.' : `Did you mean 'gossip ${near}'?`,
  });
}

/** oclif takes the words behind a command without arguments for the name of a longer command. */
function refuseExtraWords(words: readonly string[], commands: readonly Known[]): void {
  const command = commands.find(({ id }) => isKnown(words, id.split(':')) && id.split(':').length <= words.length);
  if (command === undefined) return;
  const name = command.id.replaceAll(':', ' ');
  const extra = words.slice(name.split(' ').length + Object.keys(command.args).length);
  if (extra.length === 0) return;
  throw new GossipError('GOSSIP_E_USAGE', `unexpected argument: ${extra.join(' ')}`, { advice: `See gossip ${name} --help.` });
}

/** A whole command, perhaps with arguments, or a whole topic, which shows its help. */
function isKnown(words: readonly string[], command: readonly string[]): boolean {
  const common = Math.min(words.length, command.length);
  return command.slice(0, common).join(' ') === words.slice(0, common).join(' ');
}

/** As many words as a command of that topic has; arguments are not part of the name. */
function typedCommand(words: readonly string[], ids: readonly string[]): string {
  const isTopic = ids.some((id) => id.startsWith(`${words[0]}:`));
  const [nearTopic] = words.length > 1 && !isTopic ? topicsNear(words[0] ?? '', ids) : [];
  return words.slice(0, isTopic || nearTopic !== undefined ? 2 : 1).join(' ');
}

function topicsNear(word: string, ids: readonly string[]): string[] {
  const topics = new Set(ids.filter((id) => id.includes(':')).map((id) => id.slice(0, id.indexOf(':'))));
  return [...topics].filter((topic) => distance(word, topic) <= 2);
}

function nearest(typed: string, ids: readonly string[]): string | undefined {
  const ranked = ids.map((id) => id.replaceAll(':', ' ')).map((name) => ({ name, away: distance(typed, name) }));
  ranked.sort((a, b) => a.away - b.away);
  const [best] = ranked;
  return best !== undefined && best.away <= Math.min(MAX_DISTANCE, Math.ceil(typed.length / 2)) ? best.name : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const change = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      line.push(Math.min(change, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[b.length] ?? 0;
}
