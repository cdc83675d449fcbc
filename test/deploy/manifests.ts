import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import { type INetworkPolicy, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import {
  type IPodDisruptionBudget,
  PodDisruptionBudget,
} from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap, type IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { type ISecret, Secret } from 'kubernetes-models/v1/Secret'
import { type IService, Service } from 'kubernetes-models/v1/Service'
import { parse } from 'yaml'
import { type PolicyFacts, readYaml } from './read.ts'

const folder = 'deploy/kubernetes'

export const configMap: IConfigMap = readYaml(`${folder}/configmap.yaml`)
const legacyData: IConfigMap = readYaml(`${folder}/legacy-data.yaml`)
export const secret: ISecret = readYaml(`${folder}/secret.example.yaml`)
export const deployment: IDeployment = readYaml(`${folder}/deployment.yaml`)
export const service: IService = readYaml(`${folder}/service.yaml`)
export const networkPolicy: INetworkPolicy = readYaml(`${folder}/networkpolicy.yaml`)
export const disruptionBudget: IPodDisruptionBudget = readYaml(`${folder}/poddisruptionbudget.yaml`)
export const kustomization: { resources: string[] } = readYaml(`${folder}/kustomization.yaml`)

/** The policy inside the ConfigMap. */
export const policyText: string = configMap.data?.['policy.yaml'] ?? ''
export const policy: PolicyFacts = parse(policyText)

/** Throws with the path of the first wrong value when a manifest is not what the published schema says. */
export type SchemaCheck = () => void

/** Every manifest, with the published schema of its kind and the name of its published type. */
export const manifests: readonly { file: string; module: string; type: string; check: SchemaCheck }[] = [
  {
    file: 'configmap.yaml',
    module: 'v1/ConfigMap',
    type: 'IConfigMap',
    check: () => new ConfigMap(configMap).validate(),
  },
  {
    file: 'legacy-data.yaml',
    module: 'v1/ConfigMap',
    type: 'IConfigMap',
    check: () => new ConfigMap(legacyData).validate(),
  },
  {
    file: 'secret.example.yaml',
    module: 'v1/Secret',
    type: 'ISecret',
    check: () => new Secret(secret).validate(),
  },
  {
    file: 'deployment.yaml',
    module: 'apps/v1/Deployment',
    type: 'IDeployment',
    check: () => new Deployment(deployment).validate(),
  },
  {
    file: 'service.yaml',
    module: 'v1/Service',
    type: 'IService',
    check: () => new Service(service).validate(),
  },
  {
    file: 'networkpolicy.yaml',
    module: 'networking.k8s.io/v1/NetworkPolicy',
    type: 'INetworkPolicy',
    check: () => new NetworkPolicy(networkPolicy).validate(),
  },
  {
    file: 'poddisruptionbudget.yaml',
    module: 'policy/v1/PodDisruptionBudget',
    type: 'IPodDisruptionBudget',
    check: () => new PodDisruptionBudget(disruptionBudget).validate(),
  },
]
