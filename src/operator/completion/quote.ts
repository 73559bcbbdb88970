/** What the completions of bash and zsh share. */
import { SEEN_FILE } from './seen.ts';

/** One word, whatever is in it, for bash and zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Reads the names of a kind that commands saw last; plain ones alone, for the shell expands them. */
const HOME = process.platform === 'darwin' ? '$HOME/Library/Preferences/gossip' : '${XDG_CONFIG_HOME:-$HOME/.config}/gossip';
export const SEEN_NAMES = `_gossip_seen() {
  sed -n "s/^$1 \\([a-z0-9][a-z0-9.-]*\\)$/\\1/p" "\${GOSSIP_HOME:-${HOME}}/${SEEN_FILE}" 2>/dev/null
}`;
