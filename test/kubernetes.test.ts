// The manifest in deploy/kubernetes: every member is one that Kubernetes knows, and what keeps a pod in its place is set.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { compileReplicas } from '../src/app/config/replicas.ts';
import { parseConfig } from '../src/app/config/load.ts';
import { useGateway } from './support/running-gateway.ts';

const FILE = join(import.meta.dirname, '..', 'deploy', 'kubernetes', 'sallyport.yaml');

/** RFC 1123 and RFC 6335, as the API server checks them. */
const label = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const portName = z.string().regex(/^(?=.*[a-z])[a-z0-9-]{1,15}$/);
const portNumber = z.int().min(1).max(65_535);
const quantity = z.string().regex(/^\d+(?:\.\d+)?(?:m|[KMGTPE]i?)?$/);
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: label, namespace: label.optional(), labels: labels.optional() });
const selector = z.strictObject({ matchLabels: labels });
const seconds = z.int().min(1).max(3_600);

// Members after the reference of the Kubernetes API, v1.34: kubernetes.io/docs/reference/kubernetes-api. Strict, as `kubectl --validate=strict`.
const servicePort = z.strictObject({
  name: portName,
  port: portNumber,
  targetPort: z.union([portName, portNumber]),
  protocol: z.literal('TCP').optional(),
});
const probe = z
  .strictObject({
    exec: z.strictObject({ command: z.array(z.string()).min(1) }).optional(),
    httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.union([portName, portNumber]) }).optional(),
    periodSeconds: seconds,
    timeoutSeconds: seconds,
    failureThreshold: z.int().min(1),
  })
  .refine(({ exec, httpGet }) => (exec === undefined) !== (httpGet === undefined), 'one way to ask');
const container = z.strictObject({
  name: label,
  image: z.string().regex(/^[a-z0-9./-]+:[\w.-]+$/),
  imagePullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']),
  args: z.array(z.string()),
  envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: label }) })),
  ports: z.array(z.strictObject({ name: portName, containerPort: portNumber, protocol: z.literal('TCP') })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.strictObject({ requests: z.record(z.string(), quantity), limits: z.record(z.string(), quantity) }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    privileged: z.boolean(),
    capabilities: z.strictObject({ drop: z.array(z.string()) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: label, mountPath: z.string().startsWith('/'), readOnly: z.boolean().optional() })),
});
const podSpec = z.strictObject({
  serviceAccountName: label,
  automountServiceAccountToken: z.boolean(),
  enableServiceLinks: z.boolean(),
  terminationGracePeriodSeconds: seconds,
  securityContext: z.strictObject({
    runAsNonRoot: z.boolean(),
    runAsUser: z.int().positive(),
    runAsGroup: z.int().positive(),
    fsGroup: z.int().positive(),
    fsGroupChangePolicy: z.enum(['OnRootMismatch', 'Always']),
    seccompProfile: z.strictObject({ type: z.enum(['RuntimeDefault', 'Localhost', 'Unconfined']) }),
  }),
  topologySpreadConstraints: z.array(
    z.strictObject({
      maxSkew: z.int().min(1),
      topologyKey: z.string(),
      whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
      labelSelector: selector,
    }),
  ),
  containers: z.array(container).min(1),
  volumes: z.array(
    z.union([
      z.strictObject({ name: label, configMap: z.strictObject({ name: label }) }),
      z.strictObject({ name: label, emptyDir: z.strictObject({ medium: z.enum(['', 'Memory']), sizeLimit: quantity }) }),
    ]),
  ),
});
const claim = z.strictObject({
  metadata,
  spec: z.strictObject({
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadOnlyMany', 'ReadWriteMany'])),
    resources: z.strictObject({ requests: z.strictObject({ storage: quantity }) }),
  }),
});
const manifest = z.discriminatedUnion('kind', [
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('ServiceAccount'), metadata, automountServiceAccountToken: z.boolean() }),
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('ConfigMap'), metadata, data: z.record(z.string(), z.string()) }),
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('Service'),
    metadata,
    spec: z.strictObject({
      clusterIP: z.literal('None').optional(),
      publishNotReadyAddresses: z.boolean().optional(),
      selector: labels,
      ports: z.array(servicePort),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('policy/v1'),
    kind: z.literal('PodDisruptionBudget'),
    metadata,
    spec: z.strictObject({ maxUnavailable: z.int(), selector }),
  }),
  z.strictObject({
    apiVersion: z.literal('networking.k8s.io/v1'),
    kind: z.literal('NetworkPolicy'),
    metadata,
    spec: z.strictObject({
      podSelector: selector,
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
      ingress: z.array(z.strictObject({ ports: z.array(z.strictObject({ protocol: z.literal('TCP'), port: portNumber })) })),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('StatefulSet'),
    metadata,
    spec: z.strictObject({
      serviceName: label,
      replicas: z.int().min(1),
      podManagementPolicy: z.enum(['OrderedReady', 'Parallel']),
      updateStrategy: z.strictObject({ type: z.enum(['RollingUpdate', 'OnDelete']) }),
      selector,
      template: z.strictObject({ metadata: z.strictObject({ labels }), spec: podSpec }),
      volumeClaimTemplates: z.array(claim),
    }),
  }),
]);

const documents = parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => document.toJS() as unknown);
const parsed = documents.map((document) => manifest.parse(document));
const find = <Kind extends z.infer<typeof manifest>['kind']>(kind: Kind) =>
  parsed.filter((one): one is Extract<z.infer<typeof manifest>, { kind: Kind }> => one.kind === kind);
const [set] = find('StatefulSet');
const pod = set?.spec.template.spec;
const [gateway] = pod?.containers ?? [];

const gatewayNow = useGateway({ allowedHosts: ['sallyport', 'sallyport.sallyport.svc'] });

/** The kubelet names the pod by its address, in the header too. */
const asKubelet = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { host: '10.244.1.7:8787', 'user-agent': 'kube-probe/1.34' };
    const asked = request({ host: '127.0.0.1', port: gatewayNow().port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });

describe('the Kubernetes manifest', () => {
  it('asks for life in a way that the gateway answers, and whatever else comes under that name is refused', async () => {
    expect(gateway?.livenessProbe.httpGet).toMatchObject({ path: '/healthz', port: 'api' });
    expect(await asKubelet('/healthz')).toBe(200);
    expect(await asKubelet('/v1/models')).toBe(403);
  });

  it('is what the API server takes, member by member', () => {
    expect(documents.map((document) => manifest.safeParse(document).error?.issues ?? [])).toEqual(documents.map(() => []));
    expect(parsed.map(({ kind }) => kind)).toEqual([
      'ServiceAccount',
      'ConfigMap',
      'Service',
      'Service',
      'PodDisruptionBudget',
      'NetworkPolicy',
      'StatefulSet',
    ]);
  });

  it('a misspelt member would be told', () => {
    expect(manifest.safeParse({ ...set, spec: { ...set?.spec, replica: 3 } }).success).toBe(false);
  });

  it('meets the restricted pod security standard, and more', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(gateway?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(gateway?.resources.limits).toHaveProperty('memory');
  });

  it('names only what it defines: labels, ports, volumes, services', () => {
    const own = set?.spec.selector.matchLabels;
    expect(set?.spec.template.metadata.labels).toMatchObject(own ?? {});
    for (const { spec } of find('Service')) expect(spec.selector).toEqual(own);
    expect(find('Service').map(({ metadata: { name } }) => name)).toContain(set?.spec.serviceName);
    const volumes = [...(pod?.volumes ?? []), ...(set?.spec.volumeClaimTemplates.map(({ metadata: { name } }) => ({ name })) ?? [])].map(
      ({ name }) => name,
    );
    expect(gateway?.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
    expect(gateway?.ports.map(({ name }) => name)).toContain(gateway?.livenessProbe.httpGet?.port);
    // The admin plane is for the loopback alone.
    expect(find('NetworkPolicy')[0]?.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([8787]);
  });

  it('brings a configuration that is taken, for several replicas, and gives an ending pod the time that it asks for', () => {
    const config = parseConfig(find('ConfigMap')[0]?.data['sallyport.yaml'] ?? '', 'sallyport.yaml');
    const environment = { DATABASE_URL: 'postgres://db/sallyport', VALKEY_URL: 'valkey://memory:6379' };
    expect(compileReplicas(config, environment, () => 'x'.repeat(44))).toMatchObject({ valkeyUrl: environment.VALKEY_URL });
    expect(config.http.leaveMs + config.http.drainMs).toBeLessThan((pod?.terminationGracePeriodSeconds ?? 0) * 1_000);
    const { periodSeconds = 0, failureThreshold = 0, timeoutSeconds = 0 } = gateway?.readinessProbe ?? {};
    expect(config.http.leaveMs).toBeGreaterThan((periodSeconds * failureThreshold + timeoutSeconds) * 1_000);
  });
});
