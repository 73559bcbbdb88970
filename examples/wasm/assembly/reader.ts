/** Reads the little of JSON that this module takes: objects, plain texts and whole numbers. What is anything else makes it fail, and it stays failed. */
export class Reader {
  failed: bool = false;
  private at: i32 = 0;

  constructor(private readonly text: string) {}

  /** Passes a character, after any blanks. */
  expect(character: i32): void {
    if (!this.next(character)) this.failed = true;
  }

  /** Whether this character follows; then it is passed. */
  next(character: i32): bool {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
    if (this.failed || this.at >= this.text.length || this.text.charCodeAt(this.at) != character) return false;
    this.at++;
    return true;
  }

  /** A text without escapes. */
  plainText(): string {
    this.expect(0x22);
    const start = this.at;
    while (this.at < this.text.length && this.text.charCodeAt(this.at) != 0x22) {
      if (this.text.charCodeAt(this.at) == 0x5c) this.failed = true;
      this.at++;
    }
    const end = this.at;
    this.expect(0x22);
    return this.failed ? '' : this.text.substring(start, end);
  }

  /** A whole number from 0 to `max`. */
  whole(max: u64): u64 {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
    const start = this.at;
    let value: u64 = 0;
    while (this.at < this.text.length && isDigit(this.text.charCodeAt(this.at))) {
      value = value * 10 + (this.text.charCodeAt(this.at) - 0x30);
      if (value > max) this.failed = true;
      if (this.failed) return 0;
      this.at++;
    }
    if (this.at == start) this.failed = true;
    return value;
  }

  /** Nothing may follow. */
  end(): void {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
    if (this.at != this.text.length) this.failed = true;
  }
}

function isBlank(character: i32): bool {
  return character == 0x20 || character == 0x0a || character == 0x0d || character == 0x09;
}

function isDigit(character: i32): bool {
  return character >= 0x30 && character <= 0x39;
}
