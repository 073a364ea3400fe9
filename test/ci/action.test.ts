import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commandsIn, outputsIn } from "./runner.js";
import { expressionsIn, type Step, stepFaults } from "./workflow.js";
import { codeOf, type Ended, ROOT, Workplace } from "./workplace.js";

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const action: Action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
const { steps } = action.runs;

function step(name: string): Step & { readonly run: string } {
  const found = steps.find((each) => each.name === name);
  if (found?.run === undefined) throw new Error(`no step ${name} with a script`);
  return { ...found, run: found.run };
}

describe("action.yml", () => {
  it("is a composite action whose steps are safe from their inputs", () => {
    expect(action.runs.using).toBe("composite");
    expect(stepFaults(steps, "")).toEqual([]);
    for (const { run, shell } of steps) if (run !== undefined) expect(shell).toBe("bash");
  });

  it("finds a script that an input could change", () => {
    const unsafe = [{ name: "a", run: "node main.js $" + "{{ inputs.config }}" }, { uses: "someone/thing@v1" }];
    expect(stepFaults(unsafe, "")).toHaveLength(2);
  });

  it("refers to inputs that exist, and uses them all", () => {
    const used = expressionsIn(steps).flatMap((text) =>
      [...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name),
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
    for (const [name, { description, default: value }] of Object.entries(action.inputs)) {
      expect([name, typeof description, typeof value]).toEqual([name, "string", "string"]);
    }
  });

  it("is documented, input for input, with the same defaults", () => {
    const table = readFileSync(join(ROOT, "docs/ci.md"), "utf8").matchAll(/^\| `([a-z-]+)` \| (?:`(.*?)`)? ?\| /gm);
    const documented = [...table].map(([, name, value]) => [name, value ?? ""]);
    expect(documented).toEqual(Object.entries(action.inputs).map(([name, input]) => [name, input.default]));
  });

  it("gives the outputs that a run sets", () => {
    expect(Object.entries(action.outputs).map(([name, { value }]) => [name, value])).toEqual(
      ["verdict", "report", "exit-code"].map((name) => [name, `\${{ steps.run.outputs.${name} }}`]),
    );
  });
});

const place = new Workplace();
beforeAll(() => place.start());
afterAll(() => place.stop());

/** The `run` step's environment: as the runner sets it, with inputs resolved from their defaults and what is given. */
function environment(inputs: Readonly<Record<string, string>> = {}): Record<string, string> {
  const files = ["summary", "output", "path"].map((name) => [name, place.write(`runner/${name}`, "")] as const);
  const resolved = Object.entries(step("Run twintail").env ?? {}).map(([name, value]) => {
    const input = /inputs\.([\w-]+)/.exec(String(value))?.[1] ?? "";
    return [name, inputs[input] ?? action.inputs[input]?.default ?? ""];
  });
  const [summary, output, path] = files.map(([, file]) => file) as [string, string, string];
  return {
    ...Object.fromEntries(resolved),
    GITHUB_ACTIONS: "true",
    GITHUB_ACTION_PATH: ROOT,
    GITHUB_WORKSPACE: place.folder,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: output,
    GITHUB_PATH: path,
    RUNNER_TEMP: join(place.folder, "temp"),
  };
}

const runStep = (inputs?: Readonly<Record<string, string>>): Promise<Ended> =>
  place.bash(step("Run twintail").run, environment(inputs));

describe("its run", () => {
  it("leaves the summary, the outputs, the annotations and the files of a run", async () => {
    const { code, out, err } = await runStep();
    const { folder, summary } = place.newest("results");
    expect([code, err]).toEqual([codeOf(summary.verdict), expect.stringContaining("junit.xml")]);
    expect(out).toContain(summary.run.runId);
    expect(outputsIn(place.read("runner/output"))).toEqual({
      verdict: summary.verdict ?? "none",
      report: folder,
      "exit-code": String(code),
    });
    expect(place.read("runner/summary")).toBe(`\n\n${readFileSync(join(folder, "report.md"), "utf8")}`);
    expect(readFileSync(join(folder, "junit.xml"), "utf8")).toContain(
      `<property name="run" value="${summary.run.runId}"/>`,
    );
    const failed = summary.gates.filter(({ result }) => result === "fail");
    const undecided = summary.verdict === "inconclusive" || summary.verdict === "invalid" ? ["warning"] : [];
    expect(commandsIn(`${out}\n${err}`).map(({ name }) => name)).toEqual([...failed.map(() => "error"), ...undecided]);
  });

  it("annotates a gate that failed at its line of the configuration", async () => {
    const text = place.read("twintail.yaml").replace("errors rate < 0.5", "findings new > 99");
    place.write("bench/twintail.yaml", text.replace("goldens/", "../goldens/"));
    const { code, out, err } = await runStep({ config: "bench/twintail.yaml", results: "failed" });
    const { folder } = place.newest("failed");
    expect(code).toBe(1);
    expect(outputsIn(place.read("runner/output"))).toEqual({ verdict: "fail", report: folder, "exit-code": "1" });
    const line = String(text.split("\n").findIndex((each) => each.includes("findings new")) + 1);
    expect(commandsIn(`${out}\n${err}`)).toMatchObject([
      { name: "error", properties: { file: "bench/twintail.yaml", line, title: "Gate failed: findings new > 99" } },
    ]);
    expect(readFileSync(join(folder, "junit.xml"), "utf8")).toMatch(/<failure message="fail: .*" type="gate">/);
  });

  it("ends with a mistake's exit code, and says it to later steps", async () => {
    const { code, err } = await runStep({ config: "nowhere.yaml" });
    expect([code, err]).toEqual([2, "nowhere.yaml: no such configuration; check the path\n"]);
    expect(outputsIn(place.read("runner/output"))).toEqual({ "exit-code": "2" });
    expect(place.read("runner/summary")).toBe("");
  });

  it("passes each input as one argument, whatever is in it", async () => {
    place.program("node", `printf '%s\\0' "$@" > "$HOME/arguments"`);
    try {
      const config = 'a b;$(touch "$HOME/run-by-accident")`id`.yaml';
      const { code } = await runStep({
        config,
        results: "out put",
        inconclusive: "warn",
        history: "$HOME/nights",
        vantage: "a b",
        args: '--gate\nttfa shift < 1.10\r\n\n"*"\n',
      });
      expect(code).toBe(0);
      expect(place.read("arguments").split("\0").slice(1, -1)).toEqual(
        ["run", "--out", "out put", "--inconclusive", "warn", "--history", "$HOME/nights", "--vantage", "a b"].concat([
          "--gate",
          "ttfa shift < 1.10",
          '"*"',
          "--",
          config,
        ]),
      );
      expect(place.read("arguments").split("\0")[0]).toBe(join(ROOT, "dist/cli/main.js"));
      expect(() => place.read("run-by-accident")).toThrow();
    } finally {
      place.forget("node");
    }
  });

  it("of a cancelled job is interrupted itself, and still leaves a report", async () => {
    const long = place.write("long.yaml", place.read("twintail.yaml").replace("rounds: 2", "rounds: 900"));
    let cancelled = false;
    const { code } = await place.bash(step("Run twintail").run, environment({ config: long, results: "cancelled" }), {
      onErr(text, child) {
        if (cancelled || !/^\d+\/\d+ exchanges · golden set/m.test(text)) return;
        cancelled = true;
        // As the runner does: the shell of the step alone is told.
        child.kill("SIGINT");
      },
    });
    const { folder, summary } = place.newest("cancelled");
    expect([code, summary.run.ended]).toEqual([130, "interrupted"]);
    expect(outputsIn(place.read("runner/output"))).toMatchObject({ report: folder, "exit-code": "130" });
  });

  it("names a configuration that begins with a dash", async () => {
    const { code, err } = await runStep({ config: "--json" });
    expect([code, err]).toEqual([2, "--json: no such configuration; check the path\n"]);
  });
});

describe("its install", () => {
  it("builds the action's own checkout without any package's scripts, and puts twintail on the PATH", async () => {
    // npm would need the network: what it is asked for is written down, and node_modules and dist are those of this tree.
    place.program("npm", `echo "$PWD: $*" >> "$HOME/npm-calls"`);
    const checkout = join(place.folder, "a checkout's $folder");
    mkdirSync(join(checkout, "dist/cli"), { recursive: true });
    writeFileSync(join(checkout, "dist/cli/main.js"), 'console.log(process.argv.slice(2).join("|"));');
    const given = { ...environment(), GITHUB_ACTION_PATH: checkout };
    try {
      const { code, out } = await place.bash(step("Install twintail").run, given);
      expect(code).toBe(0);
      expect(place.read("npm-calls").trimEnd().split("\n")).toEqual([
        `${checkout}: ci --ignore-scripts --no-audit --no-fund`,
        `${checkout}: run --silent build`,
      ]);
      expect(commandsIn(out).map(({ name, properties }) => [name, properties.owner])).toEqual(
        ["eslint-stylish", "eslint-compact", "tsc"].map((owner) => ["remove-matcher", owner]),
      );
    } finally {
      place.forget("npm");
    }
    const added = place.read("runner/path").trimEnd();
    const later = await place.bash('PATH="$ADDED:$PATH"\ntwintail trend "the nights"', { ADDED: added });
    expect([later.code, later.out]).toEqual([0, "trend|the nights\n"]);
  });
});
