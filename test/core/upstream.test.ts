import t from 'tap'
import { UpstreamFailure } from '../../src/core/upstream.ts'

t.test('a failure of the upstream says why, and what it takes to come back', async (t) => {
  const cause = new Error('ECONNRESET')
  const failure = new UpstreamFailure('upstream_unreachable', 'reset', {
    unsent: true,
    retryAfterS: 3,
    cause,
  })
  t.match(failure, {
    name: 'UpstreamFailure',
    code: 'upstream_unreachable',
    message: 'reset',
    unsent: true,
    retryAfterS: 3,
  })
  t.equal(failure.cause, cause)
  t.ok(failure instanceof Error)
})

t.test('a failure of which nothing more is known may have been acted on', async (t) => {
  const failure = new UpstreamFailure('upstream_timeout', 'late')
  t.match(failure, { unsent: false, retryAfterS: 0, cause: undefined })
})
