/** What a mutant is: a line of defence that is broken on purpose, and the test that must notice. */
import type { Mutation } from './mutation.ts';

export interface Mutant {
  /** What is broken, in words. */
  readonly name: string;
  /** The laws and the rows of attacks that the defence stands for. */
  readonly breaks: string;
  /** All made together: more than one where two defences stand behind each other, and either alone would hold. */
  readonly edits: readonly Mutation[];
  /** Fails by its assertions when the mutant lives. */
  readonly test: {
    /** Part of the test's name, as it stands in its file; of several that match, one must fail. */
    readonly name: string;
    /** The file's name without `.test.ts`, where several files hold that name. */
    readonly file?: string;
    /** Without the defence the test waits for ever: that it runs out of time is the proof. */
    readonly hangs?: true;
  };
}
