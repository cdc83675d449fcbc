import { z } from 'zod'

export const identitySchema = z.boolean().meta({
  description:
    "Hands the client's credential on to the upstream. By default it stays at the gate and the upstream gets the identity headers only.",
  examples: [true],
})
