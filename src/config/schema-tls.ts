import { isIP } from 'node:net'
import { z } from 'zod'

/** Examples of `ca` and `server_name`. */
interface TlsExamples {
  readonly ca: string
  readonly serverName: string
}

/** `tls.ca` and `tls.server_name`: how a server that we connect to is believed. */
export function tlsTrust({ ca, serverName }: TlsExamples) {
  return {
    ca: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .meta({
        description:
          'File with the certificates (PEM) that are trusted instead of the usual ones, relative to the policy.',
        examples: [ca],
      }),
    server_name: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,253}$/, 'must be a host name')
      // RFC 6066 3: the name a client greets with is never an address; Node would throw at each connection.
      .refine((name) => isIP(name) === 0, 'must be a host name, not an address')
      .optional()
      .meta({ description: 'The name that the certificate must be for.', examples: [serverName] }),
  }
}
