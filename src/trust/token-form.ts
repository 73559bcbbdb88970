/** How a join token looks from outside: for those who only must not show one. */

/** What every token of any version begins with. */
const FAMILY = 'gossip-join-';
export const TOKEN_PREFIX = `${FAMILY}1.`;
/** One with later versions of the root. */
export const LATER_TOKEN_PREFIX = `${FAMILY}2.`;

/** Whether a text is a join token, or part of one: a secret. */
export function looksLikeToken(text: string): boolean {
  return text.startsWith(FAMILY);
}
