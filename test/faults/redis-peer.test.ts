import t from 'tap'
import { type PeerManner, startRespPeer } from '../support/resp-peer.ts'
import { becomes, connected, holdsModes, inUse, limitsOf, passedOf, replicaOf } from './scene.ts'

const MANNERS: readonly PeerManner[] = [
  'slow',
  'loading',
  'readonly',
  'oom',
  'misconf',
  'wrong password',
  'no auth',
  'garbage',
  'half replies',
  'another shape',
  'silent',
  'accepts and closes',
  'huge bulk',
  'endless',
]

for (const manner of MANNERS) {
  t.test(
    `V96: a Redis that turns to "${manner}" holds the modes, and is used again when it is well`,
    async (t) => {
      const peer = await startRespPeer(t)
      const replica = replicaOf(t, peer.url)
      await connected(replica)
      t.equal(await passedOf(replica, limitsOf().deny, 20), 20, 'the peer lets all through')
      peer.behave(manner)
      await holdsModes(t, replica)
      peer.behave('well')
      await inUse(replica)
      t.equal(await passedOf(replica, limitsOf().deny, 20), 20, 'it is asked again')
    },
  )

  t.test(`V96: a Redis that is "${manner}" from the start`, async (t) => {
    const peer = await startRespPeer(t)
    peer.behave(manner)
    const replica = replicaOf(t, peer.url)
    await holdsModes(t, replica)
    peer.behave('well')
    await inUse(replica)
    t.equal(await passedOf(replica, limitsOf().deny, 20), 20)
  })
}

t.test('V96: nothing is queued for a Redis that does not answer', async (t) => {
  const peer = await startRespPeer(t)
  const replica = replicaOf(t, peer.url)
  await connected(replica)
  peer.behave('silent')
  await holdsModes(t, replica)
  await becomes(replica.counters, 'open')
  const before = peer.commands.filter((name) => name.startsWith('EVAL')).length
  t.equal(await passedOf(replica, limitsOf().allow, 1000), 1000)
  peer.behave('well')
  await inUse(replica)
  const since = peer.commands.filter((name) => name.startsWith('EVAL')).length - before
  t.ok(since < 20, `${since} commands: only trials`)
})

t.test('V96: what a Redis says never shows a password', async (t) => {
  const peer = await startRespPeer(t)
  for (const manner of MANNERS) {
    peer.behave(manner)
    const replica = replicaOf(t, peer.url)
    await replica.counters.start()
    t.notMatch(JSON.stringify(replica.counters.state()), 'a-password', manner)
  }
})
