/** What is told of uploads: nobody shall upload the code more than four times in the median, so it is the busiest node of each deployment that is judged. */
import type { Figure } from '../harness/figure.ts';

const MOST = 4;

/** `uploads`: for each deployment what each node uploaded, in times of the code; null where it was not counted. */
export function uploadFigures(title: (what: string) => string, uploads: readonly (readonly number[] | null)[]): readonly Figure[] {
  const counted = uploads.flatMap((nodes) => (nodes === null || nodes.length === 0 ? [] : [nodes]));
  return [
    {
      name: title('uploads of the busiest node, in times of the code'),
      unit: 'count',
      values: counted.map((nodes) => Math.max(...nodes)),
      goal: { at: 'p50', most: MOST },
    },
    { name: title('uploads of a node, in times of the code'), unit: 'count', values: counted.flat() },
  ];
}
