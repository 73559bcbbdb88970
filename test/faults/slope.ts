/** How steeply something grows. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Of the straight line that fits best by least squares; NaN for points that lie above each other. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  return mean(({ x, y }) => (x - meanX) * (y - meanY)) / mean(({ x }) => (x - meanX) ** 2);
}
