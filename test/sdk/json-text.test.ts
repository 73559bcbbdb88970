/** Reading JSON text that others wrote. */
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/sdk/json-text.ts';

describe('JSON text', () => {
  it.each(['null', '[1.7976931348623157e308,-0,5e-324]', '{"a":[{"b":"1e400"}],"1e400":true}'])('is read: %s', (text) => {
    expect(readJson(text)).toEqual(JSON.parse(text));
  });

  it.each(['1e400', '-1e400', '[0,[1e309]]', '{"a":{"hasOwnProperty":-1e400}}', '{"__proto__":1e400}', '9'.repeat(400)])(
    'that says a number past all bounds is refused: %s',
    (text) => {
      expect(() => readJson(text)).toThrow(new SyntaxError('a number is past all bounds'));
    },
  );

  it('may be nested deeper than the stack', () => {
    const [open, close] = ['['.repeat(200_000), ']'.repeat(200_000)];
    expect(() => readJson(`${open}1e400${close}`)).toThrow(SyntaxError);
    expect(Array.isArray(readJson(open + close))).toBe(true);
  });
});
