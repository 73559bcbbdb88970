/** How steps shared by several commands print: through the command that runs them. */
export interface Speaker {
  readonly json: boolean;
  readonly remark: (text: string) => void;
  /** Lines of the result, coloured and escaped already; not in JSON mode. */
  readonly show: (text: string) => void;
  readonly logJson: (json: unknown) => void;
  /** The command ends with this exit code, once it is done. */
  readonly endWith: (exitCode: number) => void;
}
