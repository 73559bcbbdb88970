/** How the steps that commands share speak through the command that takes them. */
export interface Speaker {
  readonly json: boolean;
  readonly remark: (text: string) => void;
  readonly logJson: (json: unknown) => void;
}
