/** Bounded tables for what others can fill: when one is full, the entry that was set longest ago is dropped. */

export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #max: number;
  readonly #dropped: (value: Value) => void;

  /** `dropped` hears what had to go. */
  constructor(max: number, dropped: (value: Value) => void = () => {}) {
    super();
    this.#max = max;
    this.#dropped = dropped;
  }

  /** What is set again counts as new. */
  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#max) this.#dropOldest();
    return this;
  }

  #dropOldest(): void {
    const [key, value] = this.entries().next().value as [Key, Value];
    this.delete(key);
    this.#dropped(value);
  }
}

export class BoundedSet<Value> extends Set<Value> {
  readonly #max: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  /** What is added again counts as new. */
  override add(value: Value): this {
    this.delete(value);
    super.add(value);
    if (this.size > this.#max) this.delete(this.values().next().value as Value);
    return this;
  }
}
