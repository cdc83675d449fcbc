/** Numbers that people choose: 10, 20, 30, 60, 100, 200 … */
const STEPS = [1, 2, 3, 6]
const LEAST = 10

/** The next such number, at least 10. */
export function friendly(atLeast: number): number {
  for (let scale = LEAST; ; scale *= 10) {
    const step = STEPS.find((one) => one * scale >= atLeast)
    if (step !== undefined) return step * scale
  }
}
