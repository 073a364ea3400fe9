/** What `kubectl apply -k deploy/kubernetes` makes, as far as that is in the files: resources, and the ConfigMap's content. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const FOLDER = join(ROOT, "deploy/kubernetes");
export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

export interface EnvVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly EnvVariable[];
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface PodSpec {
  readonly restartPolicy: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly topologySpreadConstraints?: readonly Readonly<Record<string, unknown>>[];
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

export interface JobSpec {
  readonly suspend?: boolean;
  readonly completionMode?: string;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly activeDeadlineSeconds: number;
  readonly template: { readonly spec: PodSpec };
}

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // A Job's, a CronJob's or a claim's: who asks for one names its type.
  readonly spec?: unknown;
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
}

export const kustomization: Kustomization = parse(read("deploy/kubernetes/kustomization.yaml"));

export const resources: readonly Resource[] = kustomization.resources.map((file) =>
  parse(readFileSync(join(FOLDER, file), "utf8")),
);

export const filesThere: readonly string[] = readdirSync(FOLDER).sort();

export function specOf<T>(name: string): T {
  const found = resources.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found.spec as T;
}

export const shards = specOf<JobSpec>("twintail-shards");
export const merge = specOf<JobSpec>("twintail-merge");
export const nightly = specOf<Readonly<Record<string, unknown>> & { readonly jobTemplate: { readonly spec: JobSpec } }>(
  "twintail-nightly",
);

/** Every pod, by the resource that makes it. */
export const pods: readonly (readonly [name: string, pod: PodSpec])[] = [
  ["shards", shards.template.spec],
  ["merge", merge.template.spec],
  ["nightly", nightly.jobTemplate.spec.template.spec],
];

/** In the order in which they run. */
export const containersOf = ({ initContainers = [], containers }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
];

/** The argument after `--name=`. */
export function flag({ args }: Container, name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
