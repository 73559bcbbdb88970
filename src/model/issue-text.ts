/** A schema's complaint as one line that can be shown, in this program's words: what it quotes of what was received may be long and hostile. */
import * as v from 'valibot';
import { MAX_TOLD, safeText } from './safe-text.ts';

/** `nodes.0.name: is missing`. `whole`: what to call a value that is wrong as a whole. */
export function issueText(issue: v.BaseIssue<unknown>, whole: string): string {
  return safeText(`${v.getDotPath(issue) ?? whole}: ${issueWords(issue)}`, MAX_TOLD);
}

/** What is wrong, without where: `is missing`, `must be a text`. What a schema of ours says itself stays as it is. */
export function issueWords(issue: v.BaseIssue<unknown>): string {
  if (!LIBRARYS_OWN.test(issue.message)) return issue.message;
  if (issue.expected === 'never') return 'is not a field of it';
  if (issue.received === 'undefined') return 'is missing';
  if (issue.kind !== 'schema') return RULES[issue.type] ?? 'has not the form that it must have';
  if (ONE_OF.has(issue.type) && issue.expected !== null) return `must be ${issue.expected}, and is ${issue.received}`;
  return `must be ${KINDS[issue.type] ?? 'of another kind'}`;
}

/** How valibot begins every message that nobody has written for it. */
const LIBRARYS_OWN = /^Invalid [a-z ]+: (?:Expected|Received) /;

/** Types of schemas that take few values: which were to be chosen from, and which one it is, tells most. */
const ONE_OF: ReadonlySet<string> = new Set(['literal', 'picklist', 'variant']);

/** By the types of valibot's schemas. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  loose_object: 'an object',
  strict_object: 'an object',
  record: 'an object',
};

/** By the types of its further checks. */
const RULES: Readonly<Record<string, string>> = {
  integer: 'must be a whole number',
  safe_integer: 'must be a whole number',
  finite: 'must be a finite number',
  min_value: 'is too small',
  max_value: 'is too large',
  min_length: 'is too short',
  max_length: 'is too long',
};
