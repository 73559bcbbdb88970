/** Refuses unknown commands before anything runs, and suggests the nearest that exists. */
import { GossipError } from '../../model/errors.ts';
import { distance, nearest } from '../../sdk/nearest.ts';
import { quoted, unknownFlag } from './usage-error.ts';

const ALONE: ReadonlySet<string> = new Set(['--help', '-h', '--version', '-v']);

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
  if (words.length === 0) return refuseUnknownFlag(argv);
  if (ids.some((id) => isKnown(words, id.split(':')))) return refuseExtraWords(words, commands);
  const typed = typedCommand(words, ids);
  refuseModulesSettings(words);
  const near = meant(
    typed,
    ids.map((id) => id.replaceAll(':', ' ')),
  );
  throw new GossipError('GOSSIP_E_USAGE', `there is no command '${typed}'`, {
    advice: near.length === 0 ? 'See gossip --help.' : `Did you mean ${near.map((name) => `'gossip ${name}'`).join(' or ')}?`,
  });
}

/** More of the same last word would be a list, and no hint. */
const MAX_ELSEWHERE = 3;

/** Commands of the same last word in another place, as `gossip drain` for `node drain`; else the one that is spelt most like it. */
function meant(typed: string, names: readonly string[]): readonly string[] {
  const elsewhere = names.filter((name) => lastWord(name) === lastWord(typed));
  if (elsewhere.length > 0 && elsewhere.length <= MAX_ELSEWHERE) return elsewhere;
  const near = nearest(typed, names);
  return near === undefined ? [] : [near];
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1);
}

/** They were at `gossip settings MODULE` before that was the operator's own. */
function refuseModulesSettings([topic, word = '']: readonly string[]): void {
  if (topic !== 'settings' || nearest(word, ['list', 'get', 'set', 'unset']) !== undefined) return;
  throw new GossipError('GOSSIP_E_USAGE', `there is no command 'settings ${word}'`, {
    advice: `What a module is set to is at 'gossip module settings ${word}'.`,
  });
}

/** Before any command there is only help and the version. */
function refuseUnknownFlag([word]: readonly string[]): void {
  if (word === undefined || word === '--' || ALONE.has(word)) return;
  const [message, advice] = unknownFlag(word, ['help', 'version'], 'See gossip --help.');
  throw new GossipError('GOSSIP_E_USAGE', `${message} of gossip itself`, advice === undefined ? {} : { advice });
}

/** oclif takes the words behind a command without arguments for the name of a longer command. */
function refuseExtraWords(words: readonly string[], commands: readonly Known[]): void {
  const command = commands.find(({ id }) => isKnown(words, id.split(':')) && id.split(':').length <= words.length);
  if (command === undefined) return;
  const name = command.id.replaceAll(':', ' ');
  const extra = words.slice(name.split(' ').length + Object.keys(command.args).length);
  if (extra.length === 0) return;
  throw new GossipError('GOSSIP_E_USAGE', `unexpected argument: ${extra.map(quoted).join(' ')}`, { advice: `See gossip ${name} --help.` });
}

/** A whole command, perhaps with arguments, or a whole topic, which shows its help. */
function isKnown(words: readonly string[], command: readonly string[]): boolean {
  const common = Math.min(words.length, command.length);
  return command.slice(0, common).join(' ') === words.slice(0, common).join(' ');
}

/** The topics that were typed and the word behind them, which none of them has; arguments are not part of the name. */
function typedCommand(words: readonly string[], ids: readonly string[]): string {
  const known = words.findIndex((_, place) => !ids.some((id) => id.startsWith(`${words.slice(0, place + 1).join(':')}:`)));
  const [nearTopic] = words.length > 1 && known === 0 ? topicsNear(words[0] ?? '', ids) : [];
  return words.slice(0, nearTopic === undefined ? known + 1 : 2).join(' ');
}

function topicsNear(word: string, ids: readonly string[]): string[] {
  const topics = new Set(ids.filter((id) => id.includes(':')).map((id) => id.slice(0, id.indexOf(':'))));
  return [...topics].filter((topic) => distance(word, topic) <= 2);
}
