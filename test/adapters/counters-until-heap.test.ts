import fc from 'fast-check'
import t from 'tap'
import { UntilHeap } from '../../src/adapters/counters/until-heap.ts'

const CAPACITY = 20
interface Step {
  readonly item: number
  readonly untilMs: number
  readonly isRemoval: boolean
}

const steps = fc.array(
  fc.record({ item: fc.nat(CAPACITY - 1), untilMs: fc.nat(50), isRemoval: fc.boolean() }),
  { maxLength: 200 },
)

function apply({ item, untilMs, isRemoval }: Step, heap: UntilHeap, model: Map<number, number>): void {
  if (!isRemoval) {
    heap.set(item, untilMs)
    model.set(item, untilMs)
  } else if (model.delete(item)) heap.remove(item)
}

function isLike(heap: UntilHeap, model: ReadonlyMap<number, number>): boolean {
  if (heap.size !== model.size) return false
  if (heap.size === 0) return true
  return model.has(heap.first) && heap.untilMs(heap.first) === Math.min(...model.values())
}

t.test('the first is always the one with the earliest time', async () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const heap = new UntilHeap(CAPACITY)
      const model = new Map<number, number>()
      return plan.every((step) => {
        apply(step, heap, model)
        return isLike(heap, model) && heap.has(step.item) === model.has(step.item)
      })
    }),
  )
})
