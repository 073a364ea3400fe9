/** deploy/kubernetes: what the manifests promise about load, and that their commands, files and names fit together. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadSettings } from "../../src/config/load.js";
import {
  type Container,
  containersOf,
  FOLDER,
  filesThere,
  flag,
  kustomization,
  merge,
  nightly,
  pods,
  ROOT,
  read,
  resources,
  shards,
} from "./manifests.js";

const MAIN = join(ROOT, "dist/cli/main.js");
const PAGE = read("deploy/kubernetes/README.md");
const SENDS = ["shards", "nightly"];

/** Paths of a pod, as folders of this machine. */
const place = mkdtempSync(join(tmpdir(), "twintail-kubernetes-"));
beforeAll(() => {
  for (const folder of ["etc/twintail", "results"]) mkdirSync(join(place, folder), { recursive: true });
  for (const file of mounted) cpSync(join(FOLDER, file), join(place, "etc/twintail", file));
});
afterAll(() => rmSync(place, { recursive: true }));

const [generated] = kustomization.configMapGenerator;
const mounted = generated?.files ?? [];
const settings = loadSettings(join(FOLDER, "twintail.yaml"));
const keyNames = Object.values(settings.endpoints).map(({ apiKeyEnv }) => apiKeyEnv);

const START = { START_AT: new Date(Date.now() + 300_000).toISOString(), SEED: "7" };

/** The command of a container, run here: variables put in as the kubelet does, and paths below `place`. */
function runHere({ args }: Container, more: readonly string[] = [], environment: Record<string, string> = {}) {
  const given: Record<string, string> = START;
  const here = [...args, ...more].map((arg) =>
    arg
      .replace(/\$\((\w+)\)/g, (reference, name) => given[name] ?? reference)
      .replace(/(^|=)(?=\/(?:etc|results)\b)/, `$1${place}`),
  );
  return spawnSync(process.execPath, [MAIN, ...here], {
    encoding: "utf8",
    cwd: place,
    env: { PATH: process.env.PATH, ...environment },
  });
}

/** That an example has two cases is said wherever it is planned. */
const besideWarnings = (text: string): string[] =>
  text.split("\n").filter((line) => line !== "" && !/^warning: \S+ 2 cases; with fewer than 20,/.test(line));

const commands = spawnSync(process.execPath, [MAIN, "--help"], { encoding: "utf8" }).stdout;
const runHelp = spawnSync(process.execPath, [MAIN, "run", "--help"], { encoding: "utf8" }).stdout;
const sharded = ["--shard", "--start-at", "--seed"].every((name) => runHelp.includes(name));
const merges = /^ {2}merge /m.test(commands);

describe("the kustomization", () => {
  it("has every file of the folder, once", () => {
    const named = [...kustomization.resources, ...mounted, "kustomization.yaml", "README.md"];
    expect(named.sort()).toEqual(filesThere);
  });

  it("names the image that the containers have", () => {
    const images = pods.flatMap(([, pod]) => containersOf(pod).map(({ image }) => image));
    expect(new Set(images)).toEqual(new Set(kustomization.images.map(({ name }) => name)));
    expect(kustomization.images.map(({ newTag }) => newTag)).toEqual([JSON.parse(read("package.json")).version]);
  });

  it("is rendered by kustomize", (context) => {
    const made = [
      spawnSync("kustomize", ["build", FOLDER], { encoding: "utf8" }),
      spawnSync("kubectl", ["kustomize", FOLDER], { encoding: "utf8" }),
    ].find(({ error }) => error === undefined);
    if (made === undefined) {
      console.log("skipped: neither kustomize nor kubectl here");
      context.skip();
      return;
    }
    expect([made.status, made.stderr]).toEqual([0, ""]);
    const rendered = made.stdout.split(/^---$/m).map((text) => parse(text));
    expect(rendered.map(({ kind }) => kind).sort()).toEqual([...resources.map(({ kind }) => kind), "ConfigMap"].sort());
    const config = rendered.find(({ kind }) => kind === "ConfigMap");
    expect(Object.keys(config.data).sort()).toEqual([...mounted].sort());
    // The hash in its name reached the pods.
    expect(made.stdout.match(new RegExp(`name: ${config.metadata.name}$`, "gm"))).toHaveLength(3);
    expect(made.stdout).not.toMatch(/image: twintail$/m);
  });
});

describe("the shards", () => {
  const [container] = shards.template.spec.containers as [Container];

  it("are as many as are counted, all at once, each with its index", () => {
    const [, count] = /^auto\/(\d+)$/.exec(flag(container, "shard") ?? "") ?? [];
    expect(shards.completionMode).toBe("Indexed");
    expect([shards.completions, shards.parallelism]).toEqual([Number(count), Number(count)]);
    expect(settings.capture.concurrency).toBeGreaterThanOrEqual(Number(count));
  });

  it("are never sent twice, and do not end because of one that failed", () => {
    expect(shards.backoffLimitPerIndex).toBe(0);
    expect(shards).not.toHaveProperty("backoffLimit");
    expect(shards).not.toHaveProperty("podFailurePolicy");
    expect(shards.template.spec.restartPolicy).toBe("Never");
  });

  it("sit on nodes of their own, or wait for one", () => {
    expect(shards.template.spec.topologySpreadConstraints).toMatchObject([
      {
        maxSkew: 1,
        // Without it few nodes are only filled evenly.
        minDomains: shards.completions,
        whenUnsatisfiable: "DoNotSchedule",
        topologyKey: "kubernetes.io/hostname",
        labelSelector: { matchLabels: { "batch.kubernetes.io/job-name": "twintail-shards" } },
      },
    ]);
  });

  it("wait for their start, as the merge waits for them, and share its folder", () => {
    expect([shards.suspend, merge.suspend]).toEqual([true, true]);
    const [merger] = merge.template.spec.containers as [Container];
    expect(merger.args.slice(0, 2)).toEqual(["merge", flag(container, "out")]);
    expect(merge.backoffLimit).toBe(0);
  });

  it.skipIf(!sharded)("plan as they would in the pod", () => {
    const { status, stderr, stdout } = runHere(container, ["--dry-run"], { JOB_COMPLETION_INDEX: "3" });
    expect([status, besideWarnings(stderr)]).toEqual([0, []]);
    expect(stdout).toContain("shard 4 of 8");
  });

  it.skipIf(!merges)("are looked for in the folder that the merge is given", () => {
    const { status, stderr } = runHere(merge.template.spec.containers[0] as Container);
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/unknown (option|command)/);
  });
});

describe("the night", () => {
  const { spec } = nightly.jobTemplate;
  const [run, trend] = containersOf(spec.template.spec) as [Container, Container];

  it("is one run at most, at a time of a known zone, and no second try", () => {
    expect(nightly).toMatchObject({ concurrencyPolicy: "Forbid" });
    expect(String(nightly.schedule)).toMatch(/^\d+ \d+ \* \* \*$/);
    expect(() => new Intl.DateTimeFormat("en", { timeZone: String(nightly.timeZone) })).not.toThrow();
    expect(Number(nightly.startingDeadlineSeconds)).toBeLessThanOrEqual(3_600);
    expect([spec.backoffLimit, spec.template.spec.restartPolicy]).toEqual([0, "Never"]);
  });

  it("adds to the history that is looked at next", () => {
    expect(trend.args).toEqual(["trend", flag(run, "history")]);
    expect(flag(run, "vantage")).toBeDefined();
  });

  it("plans as it would in the pod, and looks at what is there", () => {
    const { status, stderr } = runHere(run, ["--dry-run"]);
    expect([status, besideWarnings(stderr)]).toEqual([0, []]);
    const looked = runHere(trend);
    expect(looked.status).toBe(2);
    expect(looked.stderr).toMatch(/history/);
    expect(looked.stderr).not.toMatch(/unknown (option|command)/);
  });
});

describe.each(pods)("the pods of %s", (name, pod) => {
  it("are not root, write nothing but results, and know nothing of the cluster", () => {
    const [, uid] = /^USER (\d+):\d+$/m.exec(read("deploy/Dockerfile")) ?? [];
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: Number(uid),
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext } of containersOf(pod)) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("ask for whole CPUs, and for no more than they may use", () => {
    for (const { resources: asked } of containersOf(pod)) {
      expect(asked.requests).toEqual(asked.limits);
      expect(asked.requests.cpu).toMatch(/^\d+$/);
    }
  });

  it("have their keys from the Secret where they send, and none where they do not", () => {
    for (const container of containersOf(pod)) {
      const { env = [] } = container;
      expect(env.filter(({ value }) => value !== undefined)).toEqual([]);
      const keys = env.filter(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined);
      expect(keys.map((one) => one.name)).toEqual(container.args[0] === "run" ? keyNames : []);
      for (const key of keys) expect(key.valueFrom?.secretKeyRef).toEqual({ name: "twintail-keys", key: key.name });
    }
    expect(containersOf(pod).some(({ args }) => args[0] === "run")).toBe(SENDS.includes(name));
  });

  it("have every path and every variable that their arguments name", () => {
    const claims = resources
      .filter(({ kind }) => kind === "PersistentVolumeClaim")
      .map(({ metadata }) => metadata.name);
    for (const { configMap, persistentVolumeClaim } of pod.volumes) {
      if (configMap !== undefined) expect(configMap.name).toBe(generated?.name);
      else expect(claims).toContain(persistentVolumeClaim?.claimName);
    }
    for (const { args, env = [], volumeMounts } of containersOf(pod)) {
      for (const { name: volume } of volumeMounts) expect(pod.volumes.map((one) => one.name)).toContain(volume);
      const variables = args.flatMap((arg) => [...arg.matchAll(/\$\((\w+)\)/g)].map(([, variable]) => variable));
      for (const variable of variables) expect(env.map((one) => one.name)).toContain(variable);
      for (const path of args.flatMap((arg) => /(?:^|=)(\/.*)$/.exec(arg)?.[1] ?? [])) {
        const mount = volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`) || path === mountPath);
        expect([path, mount?.name]).toEqual([path, path.startsWith("/etc") ? "config" : "results"]);
        if (mount?.name === "config") expect(mounted).toContain(path.slice(mount.mountPath.length + 1));
        else expect(mount?.readOnly).toBeUndefined();
      }
    }
  });
});

describe("the configuration", () => {
  it("is read from a folder as flat as a ConfigMap", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "check", "etc/twintail/twintail.yaml"], {
      cwd: place,
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...Object.fromEntries(keyNames.map((name) => [name, `key-of-${name}`])) },
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ok$/m);
    expect(besideWarnings(stdout).filter((line) => line.startsWith("warning"))).toEqual([]);
  });
});

describe("README.md", () => {
  it("names what there is", () => {
    const jobs = [...PAGE.matchAll(/\b(?:patch |delete |cron)?job[ /](twintail-[a-z]+)/g)]
      .filter(([text]) => !text.startsWith("job twintail-tonight"))
      .map(([, name]) => name);
    expect(jobs.length).toBeGreaterThan(3);
    for (const name of jobs) expect(resources.map(({ metadata }) => metadata.name)).toContain(name);
    for (const { valueFrom } of shards.template.spec.containers.flatMap(({ env = [] }) => env)) {
      const { configMapKeyRef: start, secretKeyRef: secret } = valueFrom ?? {};
      if (start !== undefined)
        expect(PAGE).toMatch(new RegExp(`configmap ${start.name} [^\\n]*--from-literal=${start.key}=`));
      if (secret !== undefined) expect(PAGE).toContain(`secret generic ${secret.name} `);
    }
    const file = /build --file (\S+)/.exec(PAGE)?.[1] ?? "";
    expect(read(file)).toContain("ENTRYPOINT");
  });
});
