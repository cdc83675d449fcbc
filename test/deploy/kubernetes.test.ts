import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  configMap,
  deployment,
  disruptionBudget,
  kustomization,
  manifests,
  networkPolicy,
  policy,
  secret,
  service,
} from './manifests.ts'
import { type PackageJson, portOf, readText, readYaml, root, secondsOf } from './read.ts'

const pod = deployment.spec?.template.spec
const sidecar = pod?.initContainers?.[0]
const api = pod?.containers[0]
const podLabels = deployment.spec?.template.metadata?.labels ?? {}
const listenPort = portOf(policy.listen)
const opsPort = portOf(policy.ops)
const apiPort = Number(new URL(policy.upstreams.legacy.url).port)

/** Every port that the NetworkPolicy lets in, with whether it is open to anyone. */
function openPorts(): { port: unknown; toAnyone: boolean }[] {
  return (networkPolicy.spec?.ingress ?? []).flatMap((rule) =>
    (rule.ports ?? [{ port: 'every port' }]).map(({ port, endPort }) => ({
      port: endPort === undefined ? port : `${port}-${endPort}`,
      toAnyone: (rule.from ?? []).length === 0,
    })),
  )
}

for (const { file, check } of manifests) {
  t.test(`${file} is what the published schema of its kind says`, async (t) => {
    t.doesNotThrow(check)
    t.notMatch(readText(`deploy/kubernetes/${file}`), /^ {2}namespace:/m, 'it goes into any namespace')
  })
}

t.test('what is applied is every file here but the example secret', async (t) => {
  const files = readdirSync(join(root, 'deploy/kubernetes')).filter((name) => name.endsWith('.yaml'))
  const applied = files.filter((name) => !['kustomization.yaml', 'secret.example.yaml'].includes(name))
  t.same(kustomization.resources.toSorted(), applied.toSorted())
})

t.test('the gate is a native sidecar: up before the API, stopped after it', async (t) => {
  t.equal(pod?.initContainers?.length, 1)
  t.equal(sidecar?.name, 'sallyport')
  t.equal(sidecar?.restartPolicy, 'Always')
})

t.test('the three probes ask the ops port of the policy', async (t) => {
  const probes = [sidecar?.startupProbe, sidecar?.livenessProbe, sidecar?.readinessProbe]
  t.same(
    probes.map((probe) => probe?.httpGet),
    ['/health/startup', '/health/live', '/health/ready'].map((path) => ({ path, port: opsPort })),
  )
  t.same(
    sidecar?.ports?.map(({ containerPort }) => containerPort),
    [listenPort, opsPort],
  )
})

t.test('draining is seen by the readiness probe before the gate stops accepting', async (t) => {
  const probe = sidecar?.readinessProbe
  const seenAfterSeconds = (probe?.periodSeconds ?? 10) * (probe?.failureThreshold ?? 3)
  t.ok(seenAfterSeconds < secondsOf(policy.drain.delay))
})

t.test(
  'the API outlives the slowest request that reached it, and the pod outlives the whole drain',
  async (t) => {
    const preStop = api?.lifecycle?.preStop?.sleep?.seconds ?? 0
    const delay = secondsOf(policy.drain.delay)
    t.ok(preStop >= delay + secondsOf(policy.upstreams.legacy.timeout.response))
    t.ok((pod?.terminationGracePeriodSeconds ?? 0) > preStop + delay + secondsOf(policy.drain.grace))
  },
)

t.test('the service leads to the gate and to nothing else', async (t) => {
  t.same(
    service.spec?.ports?.map(({ port, targetPort }) => [port, targetPort]),
    [[8080, listenPort]],
  )
  t.match(podLabels, service.spec?.selector ?? { none: 'none' })
})

t.test(
  'the network policy opens the client port to all, the ops port to monitoring, the API to nobody',
  async (t) => {
    t.same(networkPolicy.spec?.policyTypes, ['Ingress'])
    t.match(podLabels, networkPolicy.spec?.podSelector?.matchLabels ?? { none: 'none' })
    t.same(openPorts(), [
      { port: listenPort, toAnyone: true },
      { port: opsPort, toAnyone: false },
    ])
  },
)

t.test('the API listens on loopback only, and offers no port', async (t) => {
  t.equal(new URL(policy.upstreams.legacy.url).hostname, '127.0.0.1')
  t.same(api?.args?.slice(0, 4), ['--host', '127.0.0.1', '--port', String(apiPort)])
  t.equal(api?.ports, undefined)
  t.ok(api?.readinessProbe?.exec, 'the kubelet cannot reach a loopback port')
})

for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
  t.test(`${container.name} has no privilege and a bound on its memory`, async (t) => {
    const context = container.securityContext
    t.equal(context?.runAsNonRoot, true)
    t.ok((context?.runAsUser ?? 0) > 0)
    t.equal(context?.readOnlyRootFilesystem, true)
    t.equal(context?.allowPrivilegeEscalation, false)
    t.equal(context?.privileged, false)
    t.same(context?.capabilities, { drop: ['ALL'] })
    t.same(context?.seccompProfile, { type: 'RuntimeDefault' })
    t.equal(container.resources?.limits?.memory, '256Mi')
    t.ok(container.resources?.requests?.cpu)
    t.ok(container.resources?.requests?.memory)
    for (const mount of container.volumeMounts ?? []) t.equal(mount.readOnly, true, mount.mountPath)
  })
}

t.test('the pod shares nothing with its node and has no credential for the cluster', async (t) => {
  t.equal(pod?.automountServiceAccountToken, false)
  t.equal(pod?.hostNetwork, undefined)
  t.equal(pod?.hostPID, undefined)
  t.equal(pod?.shareProcessNamespace, undefined)
  t.same(
    pod?.volumes?.map(({ hostPath }) => hostPath),
    [undefined, undefined, undefined],
  )
})

t.test('the gate runs as the user of the image', async (t) => {
  const context = sidecar?.securityContext
  t.match(readText('Dockerfile'), `\nUSER ${context?.runAsUser}:${context?.runAsGroup}\n`)
  t.equal(pod?.securityContext?.fsGroup, context?.runAsGroup, 'or it cannot read the secret')
})

t.test('the policy is mounted as a directory, so that an edit of the ConfigMap arrives', async (t) => {
  t.notOk(sidecar?.volumeMounts?.some((mount) => mount.subPath ?? mount.subPathExpr))
  const mount = sidecar?.volumeMounts?.find(({ name }) => name === 'policy')
  t.equal(`${mount?.mountPath}/policy.yaml`, '/etc/sallyport/policy.yaml')
  t.equal(pod?.volumes?.find(({ name }) => name === 'policy')?.configMap?.name, configMap.metadata?.name)
  t.not(configMap.immutable, true)
})

t.test('the key hash is a file of the secret, which only the group of the gate may read', async (t) => {
  const mount = sidecar?.volumeMounts?.find(({ name }) => name === 'keys')
  const volume = pod?.volumes?.find(({ name }) => name === 'keys')?.secret
  t.equal(volume?.secretName, secret.metadata?.name)
  t.equal(volume?.defaultMode, 0o440)
  const names = Object.keys(secret.stringData ?? {})
  t.same(
    policy.keys.map(({ hash }) => hash),
    names.map((name) => `\${file:${mount?.mountPath}/${name}}`),
  )
  for (const value of Object.values(secret.stringData ?? {})) t.notMatch(value, /^sha256:/)
})

t.test('an update and a node drain leave a pod serving', async (t) => {
  t.ok((deployment.spec?.replicas ?? 1) > 1)
  t.equal(deployment.spec?.strategy?.rollingUpdate?.maxUnavailable, 0)
  t.equal(disruptionBudget.spec?.maxUnavailable, 1)
  t.match(podLabels, disruptionBudget.spec?.selector?.matchLabels ?? { none: 'none' })
  t.match(podLabels, deployment.spec?.selector.matchLabels ?? { none: 'none' })
})

t.test('the images are those of this version', async (t) => {
  const version = readYaml<PackageJson>('package.json').version
  t.same([sidecar?.image, api?.image], [`sallyport:${version}`, `legacy-api:${version}`])
})
