/** A folder with a configuration, two simulated endpoints, and bash as CI calls it. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type SimProcess, startSimProcess } from "../../dist/index.js";
import type { Summary } from "../../src/report/summary.js";

/** This repository: what an action's checkout is. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const SET = `name: small
defaults: { temperature: 0, max_tokens: 40, stream: true }
cases:
  - id: capital
    category: closed-form
    detects: a wrong answer
    request: { messages: [{ role: user, content: "Capital of Norway?" }] }
    expect: { icontains: oslo }
    reference: Oslo.
`;

const GITHUB_FLAGS: readonly string[] = ["--noprofile", "--norc", "-eo", "pipefail"];

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), "twintail-ci-"));
  /** First on the PATH: programs that stand for those of another machine. */
  readonly bin = join(this.folder, "bin");
  #sims: readonly SimProcess[] = [];

  async start(): Promise<void> {
    mkdirSync(this.bin);
    this.write("goldens/set.yaml", SET);
    const goldens = join(this.folder, "goldens/set.yaml");
    this.#sims = await Promise.all([1, 2].map((seed) => startSimProcess({ tier: "h100x2", goldens, seed })));
    const [baseline, candidate] = this.#sims.map(({ baseUrl }) => `{ baseUrl: "${baseUrl}", models: { default: m } }`);
    this.write(
      "twintail.yaml",
      `goldens: goldens/set.yaml
endpoints:
  baseline: ${baseline}
  candidate: ${candidate}
capture: { rounds: 2, concurrency: 2, warmup: 0, seed: 3, solo: { requests: 0, maxTokens: 10 }, retry: { attempts: 1 } }
gates:
  - errors rate < 0.5
`,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sims.map((sim) => sim.stop()));
    rmSync(this.folder, { recursive: true });
  }

  write(path: string, text: string): string {
    const target = join(this.folder, path);
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, text);
    return target;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Puts a program of this name on the PATH. */
  program(name: string, script: string): void {
    chmodSync(this.write(join("bin", name), `#!/usr/bin/env bash\n${script}\n`), 0o755);
  }

  forget(name: string): void {
    rmSync(join(this.bin, name), { force: true });
  }

  /** The newest run folder in a folder of them, and its report. */
  newest(results: string): { readonly folder: string; readonly summary: Summary } {
    const [name] = readdirSync(join(this.folder, results)).sort().reverse();
    if (name === undefined) throw new Error(`no run in ${results}`);
    const folder = join(this.folder, results, name);
    return { folder, summary: JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) };
  }

  /** Runs a script with the flags of GitHub's shell, unless others are given. Only what is named here is in the environment. */
  bash(
    script: string,
    environment: Readonly<Record<string, string>> = {},
    { cwd = this.folder, flags = GITHUB_FLAGS, onErr = (_text: string, _child: ChildProcess): void => {} } = {},
  ): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const file = this.write("script.sh", script);
      const child = spawn("bash", [...flags, file], {
        cwd,
        env: {
          PATH: `${this.bin}:${process.env.PATH}`,
          HOME: this.folder,
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: "init.defaultBranch",
          GIT_CONFIG_VALUE_0: "main",
          ...environment,
        },
      });
      const ended = { out: "", err: "" };
      child.stdout.on("data", (text) => {
        ended.out += text;
      });
      child.stderr.on("data", (text) => {
        ended.err += text;
        onErr(ended.err, child);
      });
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, ...ended }));
    });
  }
}

/** The exit code that a verdict has where nothing was made of an inconclusive one. */
export function codeOf(verdict: Summary["verdict"]): number {
  return verdict === null ? 0 : { pass: 0, fail: 1, inconclusive: 3, invalid: 4 }[verdict];
}
