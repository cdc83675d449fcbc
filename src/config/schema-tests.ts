import { z } from 'zod'

/** `tests`: what the policy is held against before it takes effect. */
export const testsSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .max(4096)
      .meta({
        description: 'A file of policy tests, relative to the policy.',
        examples: ['./policy.test.yaml'],
      }),
    on_reload: z
      .boolean()
      .default(true)
      .meta({
        description:
          'Whether the tests are run wherever the policy is read: at the start, at each reload and by `check`. When one fails, the policy is refused. `false`: only by `sallyport test`.',
        examples: [true],
      }),
  })
  .meta({
    description: "The policy's own tests, see docs/testing.md.",
    examples: [{ file: './policy.test.yaml' }],
  })
