/** What a run of some tests came to, as it travels from the process that ran them. */

export interface RunRequest {
  /** Below the copy's root. */
  readonly files: readonly string[];
  /** Parts of names: tests that hold none of them are left out. */
  readonly names: readonly string[];
  readonly testTimeoutMs: number;
}

export interface TestOutcome {
  /** Below the copy's root. */
  readonly file: string;
  /** With the names of the suites around it. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
  readonly errors: readonly { readonly name: string; readonly message: string }[];
}

export interface TestRun {
  readonly tests: readonly TestOutcome[];
  /** What failed outside of tests: a file that does not load, a hook that throws. */
  readonly broken: readonly string[];
}
