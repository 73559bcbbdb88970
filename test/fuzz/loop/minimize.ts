/** Makes an input that breaks a promise smaller, so that a person can read it. */
const MAX_TRIES = 600;

/** The smallest input found that `breaks` still. */
export async function minimize(input: Uint8Array, breaks: (smaller: Uint8Array) => Promise<boolean>): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  for (let length = input.length >> 1; length > 0 && tries < MAX_TRIES; length >>= 1) {
    for (let at = 0; at < smallest.length && tries < MAX_TRIES; tries++) {
      const smaller = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      if (await breaks(smaller)) smallest = smaller;
      else at += length;
    }
  }
  return smallest;
}
