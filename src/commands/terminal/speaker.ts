/** How steps shared by several commands print: through the command that runs them. */
export interface Speaker {
  readonly json: boolean;
  readonly remark: (text: string) => void;
  readonly logJson: (json: unknown) => void;
}
