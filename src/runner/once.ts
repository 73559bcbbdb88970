/** Of several outcomes the first counts. */
export function once<T>(done: (value: T) => void): (value: T) => void {
  let open = true;
  return (value) => {
    if (open) done(value);
    open = false;
  };
}
