/** The recipes of docs/ci.md: their shape, and their scripts run where they can run. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ExitCode } from "../../src/core/errors.js";
import { expressionsIn, type Step, stepFaults } from "./workflow.js";
import { codeOf, ROOT, Workplace } from "./workplace.js";

const MAIN = join(ROOT, "dist/cli/main.js");
const document = readFileSync(join(ROOT, "docs/ci.md"), "utf8");
const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
const OWN = "OWNER/twintail@COMMIT";

/** The block whose first lines hold this text. */
function block(title: string): string {
  const found = [...document.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)]
    .map(([, text]) => text ?? "")
    .filter((text) => text.split("\n").slice(0, 2).join("\n").includes(title));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${title}`);
  return found[0] ?? "";
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency: { readonly group: string };
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes": number }>>;
}

const workflow = (title: string): Workflow => parse(block(title));
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps);
function script(steps: readonly Step[], name: string): string {
  const { run } = steps.find((step) => step.name === name) ?? {};
  if (run === undefined) throw new Error(`no script ${name}`);
  return run;
}

const place = new Workplace();
beforeAll(async () => {
  await place.start();
  place.program("twintail", `exec node ${MAIN} "$@"`);
});
afterAll(() => place.stop());

/** Recipes may be ahead of a build: what it lacks cannot be run for real. */
const help = spawnSync(process.execPath, [MAIN, "run", "--help"], { encoding: "utf8" }).stdout;
const commands = spawnSync(process.execPath, [MAIN, "--help"], { encoding: "utf8" }).stdout;
const whole = help.includes("--history") && help.includes("--inconclusive") && /^ {2}trend /m.test(commands);

describe("docs/ci.md", () => {
  it("has a row for every exit code", () => {
    const rows = [...document.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(ExitCode).sort((a, b) => a - b));
  });

  it.skipIf(!whole)("names no flag of run that run does not have", () => {
    const named = [...document.matchAll(/twintail run((?: --?[\w-]+(?: [\w-]+)?)*)/g)].flatMap(([, flags]) =>
      [...(flags ?? "").matchAll(/--[a-z-]+/g)].map(([flag]) => flag),
    );
    expect(named.length).toBeGreaterThan(0);
    for (const flag of [...named, "--gate", "--quick"]) expect(help).toContain(flag);
  });
});

describe.each([".github/workflows/cutover.yml", ".github/workflows/nightly.yml"])("%s", (title) => {
  const recipe = workflow(title);
  const steps = stepsOf(recipe);

  it("has safe steps, one run at a time, and no rights that it does not need", () => {
    expect(stepFaults(steps, OWN)).toEqual([]);
    expect(recipe.concurrency.group).toBe("twintail");
    expect(Object.keys(recipe.on)).not.toContain("pull_request_target");
    expect(Object.keys(recipe.permissions)).toEqual(["contents"]);
    for (const job of Object.values(recipe.jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  it("uses inputs and outputs that the action has, and keys that come from secrets", () => {
    const used = steps.filter(({ uses }) => uses === OWN);
    expect(used).toHaveLength(1);
    for (const { with: inputs, env } of used) {
      for (const name of Object.keys(inputs ?? {})) expect(Object.keys(action.inputs)).toContain(name);
      for (const [name, value] of Object.entries(env ?? {})) expect(value).toBe(`\${{ secrets.${name} }}`);
    }
    const outputs = expressionsIn(steps).flatMap((text) => [...text.matchAll(/steps\.twintail\.outputs\.([\w-]+)/g)]);
    expect(outputs.length).toBeGreaterThan(0);
    for (const [, name] of outputs) expect(Object.keys(action.outputs)).toContain(name);
  });
});

describe("the snippets for GitHub", () => {
  it("are steps as safe as those of the recipes", () => {
    for (const title of ["the history in a cache", "the history in an artifact", "the command itself"]) {
      const steps: Step[] = parse(block(title));
      const before: Step[] = [{ id: "twintail", uses: OWN }];
      expect([title, stepFaults([...before, ...steps], OWN)]).toEqual([title, []]);
    }
  });

  it("of more arguments give what they say", async () => {
    const run = script(action.runs.steps, "Run twintail");
    place.program("node", `printf '%s\\n' "$@"`);
    try {
      const { args } = parse(block("# with:")) as { args: string };
      const given = { INPUT_ARGS: args, INPUT_RESULTS: "r", INPUT_CONFIG: "c", GITHUB_ACTION_PATH: ROOT };
      const { out } = await place.bash(run, given);
      expect(out.trimEnd().split("\n").slice(1)).toEqual(
        ["run", "--out", "r"].concat(["--gate", "ttfa shift < 1.10", "--gate", "tool_calls drop < 0.05", "--", "c"]),
      );
    } finally {
      place.forget("node");
    }
  });

  it("say a verdict, and that there is none", async () => {
    const run = script(stepsOf(workflow("cutover.yml")), "Say what it was");
    const said = async (given: Record<string, string>) => (await place.bash(run, given)).out;
    expect(await said({ VERDICT: "fail", CODE: "1" })).toBe("verdict fail, exit code 1\n");
    expect(await said({ VERDICT: "", CODE: "2" })).toBe("verdict none, there is no report, exit code 2\n");
  });
});

describe("a history on GitHub", () => {
  const { env = {}, ...recipe } = workflow("nightly.yml");
  const steps = stepsOf(recipe);

  it("is kept from night to night in a branch of its own", async () => {
    const remote = join(place.folder, "remote.git");
    place.write("seed/twintail.yaml", "goldens: x\n");
    const author = "-c user.name=a -c user.email=a@b.invalid";
    const made = await place.bash(
      `git init --quiet --bare ${remote}
git -C seed init --quiet && git -C seed add . && git -C seed ${author} commit --quiet -m one
git -C seed push --quiet ${remote} HEAD:main`,
    );
    expect(made.code).toBe(0);
    const night = async (name: string, line: string): Promise<string[]> => {
      const cwd = join(place.folder, name);
      const fetched = await place.bash(
        `git clone --quiet --depth 1 --branch main file://${remote} ${cwd}\ncd ${cwd}\n${script(steps, "Fetch the history")}
ls history
mkdir -p history && echo '${line}' >> history/nights.jsonl`,
        env,
      );
      expect([name, fetched.code, fetched.err]).toEqual([name, 0, ""]);
      const kept = await place.bash(script(steps, "Keep the history"), env, { cwd });
      expect([name, kept.code, kept.err]).toEqual([name, 0, ""]);
      return (await place.bash(`git -C ${remote} show ${env.BRANCH}:nights.jsonl`)).out.trimEnd().split("\n");
    };
    expect(await night("first", "1")).toEqual(["1"]);
    expect(await night("second", "2")).toEqual(["1", "2"]);
    const files = await place.bash(`git -C ${remote} ls-tree --name-only ${env.BRANCH}`);
    expect(files.out).toBe("nights.jsonl\n");
    const nothingNew = await place.bash(script(steps, "Keep the history"), env, { cwd: join(place.folder, "second") });
    expect(nothingNew.code).toBe(0);
  });

  it("is found in the newest artifact that has it", async () => {
    const fetch = script(parse(block("the history in an artifact")), "Fetch the history");
    place.program(
      "gh",
      `case "$1 $2 $3" in
  "run list --workflow") printf '31\\n30\\n29\\n' ;;
  "run download 31") echo "no artifact" >&2; exit 1 ;;
  "run download 30") echo kept > "$7/nights.jsonl" ;;
  *) exit 9 ;;
esac`,
    );
    const { code } = await place.bash(fetch, { GH_TOKEN: "t" });
    expect([code, place.read("history/nights.jsonl")]).toEqual([0, "kept\n"]);
    await place.bash("rm -r history");
    place.program("gh", `[ "$2" = list ]`);
    expect((await place.bash(`${fetch}\n[ -d history ]`)).code).toBe(0);
    await place.bash("rm -r history");
  });

  it("is looked at after it was kept", async () => {
    const names = steps.map(({ name, id }) => name ?? id);
    expect(names.slice(-3)).toEqual(["twintail", "Keep the history", "Look at all nights"]);
    expect(script(steps, "Look at all nights")).toBe("twintail trend history");
    expect(steps.find(({ id }) => id === "twintail")?.with).toEqual({ inconclusive: "warn", history: "history" });
  });
});

describe(".gitlab-ci.yml", () => {
  interface Job {
    readonly extends?: string;
    readonly script: readonly string[];
    readonly allow_failure?: { readonly exit_codes: readonly number[] };
    readonly rules: readonly { readonly if: string }[];
    readonly cache?: { readonly paths: readonly string[] };
  }
  const { ".twintail": common, ...jobs } = parse(block(".gitlab-ci.yml"));
  const given = { ...common.variables, TWINTAIL_HOME: ROOT };

  it("has jobs of lines that are scripts, with tests and files kept in every case", () => {
    expect(Object.keys(jobs)).toEqual(["cutover", "night"]);
    for (const job of Object.values(jobs) as Job[]) {
      expect(job.extends).toBe(".twintail");
      for (const line of [...common.before_script, ...job.script]) expect(typeof line).toBe("string");
      expect(job.rules.map((rule) => typeof rule.if)).toEqual(["string"]);
    }
    expect(common.artifacts).toMatchObject({ when: "always", reports: { junit: "results/*/junit.xml" } });
    expect(common.resource_group).toBe("twintail");
    expect(jobs.cutover.allow_failure.exit_codes).toEqual([ExitCode.inconclusive]);
    expect(jobs.night.cache.paths).toEqual(["history/"]);
  });

  it("builds the commit that it names", async () => {
    place.program("npm", `echo "$PWD: $*" >> "$HOME/npm-calls"`);
    await place.bash(`mkdir twintail && cd twintail && git init --quiet && echo 1 > a && git add a
git -c user.name=a -c user.email=a@b.invalid commit --quiet -m one && git tag reviewed`);
    const home = join(place.folder, "home of twintail");
    const url = `file://${join(place.folder, "twintail")}`;
    const { code } = await place.bash(common.before_script.join("\n"), {
      TWINTAIL_HOME: home,
      TWINTAIL_URL: url,
      TWINTAIL_COMMIT: "reviewed",
    });
    place.forget("npm");
    expect(code).toBe(0);
    expect(place.read("npm-calls").trimEnd().split("\n")).toEqual([
      `${home}: ci --ignore-scripts --no-audit --no-fund`,
      `${home}: run --silent build`,
    ]);
  });

  it("runs before a cutover, and leaves junit.xml where it is looked for", async () => {
    const { code } = await place.bash(jobs.cutover.script.join("\n"), given);
    const { folder, summary } = place.newest("results");
    expect(code).toBe(codeOf(summary.verdict));
    const found = await place.bash("ls -d results/*/junit.xml");
    expect(found.out).toBe(`${join(folder, "junit.xml").slice(place.folder.length + 1)}\n`);
    await place.bash("rm -r results");
  });

  it.skipIf(!whole)("runs at night, and keeps the night", async () => {
    const { code, err } = await place.bash(jobs.night.script.join("\n"), given);
    expect([code, err]).not.toEqual([ExitCode.usage, err]);
    expect((await place.bash("find history -type f -size +0c")).out).not.toBe("");
    await place.bash("rm -r history results");
  });
});

const locks = spawnSync("flock", ["--version"]).error === undefined;
if (!locks) console.log("skipped: no flock here (util-linux)");

describe.skipIf(!locks)("twintail-night", () => {
  const script = block("/usr/local/bin/twintail-night: one night");
  const night = (given: Record<string, string> = {}) =>
    place.bash(script, { TWINTAIL_FOLDER: place.folder, MAIL_TO: "ops@example.com", ...given }, { flags: [] });
  const PRETENDED = `echo "$* with $BASELINE_KEY" >> calls
case "$1" in run) exit "\${RUN_CODE:-0}" ;; trend) exit "\${TREND_CODE:-0}" ;; esac`;
  beforeAll(() => {
    place.write("keys.env", "BASELINE_KEY='a key with $'\n");
    place.program("mail", `printf '%s\\n' "$@" > "$HOME/mail"; cat >> "$HOME/mail"`);
  });
  const mail = async () => (await place.bash("cat mail 2>/dev/null; rm -f mail calls")).out;

  it("runs with the keys, then looks at all nights, and is silent when all is well", async () => {
    place.program("twintail", PRETENDED);
    expect((await night()).code).toBe(0);
    expect(place.read("calls").trimEnd().split("\n")).toEqual([
      "run --inconclusive warn --history history with a key with $",
      "trend history with a key with $",
    ]);
    expect(await mail()).toBe("");
  });

  it.each([
    [{ RUN_CODE: "1" }, 1, "a gate failed, or a trend"],
    [{ TREND_CODE: "1" }, 1, "a gate failed, or a trend"],
    [{ RUN_CODE: "2" }, 2, "a mistake in the configuration"],
    [{ RUN_CODE: "4" }, 4, "the run is invalid"],
    [{ RUN_CODE: "70" }, 70, "it ended with 70"],
  ])("mails what happened and ends with the same code: %j", async (given, code, words) => {
    place.program("twintail", `echo "the log of the night"\n${PRETENDED}`);
    expect((await night(given as Record<string, string>)).code).toBe(code);
    const [flag, subject, to, ...text] = (await mail()).split("\n");
    expect([flag, to]).toEqual(["-s", "ops@example.com"]);
    expect(subject).toContain(words);
    expect(text).toContain("the log of the night");
  });

  it("does not start while the night before still runs", async () => {
    const holder = spawn("flock", [join(place.folder, "night.lock"), "sh", "-c", "echo held; read line"]);
    try {
      await new Promise((resolve) => holder.stdout.once("data", resolve));
      const { code, err } = await night();
      expect([code, err]).toEqual([75, "the night before still runs\n"]);
    } finally {
      holder.stdin.end("\n");
      await new Promise((resolve) => holder.once("close", resolve));
    }
  });

  it("removes run folders of last month, and nothing else", async () => {
    place.program("twintail", PRETENDED);
    await place.bash("mkdir -p results/old results/new history/old && touch -d '40 days ago' results/old history/old");
    await night();
    expect((await place.bash("ls -d results/* history/*; rm -r results history")).out).toBe(
      "history/old\nresults/new\n",
    );
  });

  it.skipIf(!whole)("runs for real", async () => {
    place.program("twintail", `exec node ${MAIN} "$@"`);
    const { code } = await night();
    expect([code, code === ExitCode.usage ? place.read("log") : ""]).not.toEqual([ExitCode.usage, ""]);
    expect((await place.bash("find history -type f -size +0c; rm -r results history")).out).not.toBe("");
  });

  it("is what cron and systemd start", (context) => {
    const path = "/usr/local/bin/twintail-night";
    expect(document).toMatch(new RegExp(`^17 2 \\* \\* \\* (\\w+=\\S+ )*${path}$`, "m"));
    const service = block("twintail-night.service");
    const timer = block("twintail-night.timer");
    for (const unit of [service, timer]) {
      for (const line of unit.trimEnd().split("\n")) expect(line).toMatch(/^$|^#|^\[[A-Z]\w+\]$|^[A-Z]\w+=\S/);
    }
    expect(service).toContain(`\nExecStart=${path}\n`);
    // The program has to exist for systemd, which knows every key and every date.
    place.write(
      "units/twintail-night.service",
      service.replace(path, "/bin/true").replace("User=twintail", "User=root"),
    );
    place.write("units/twintail-night.timer", timer);
    const units = ["service", "timer"].map((kind) => join(place.folder, `units/twintail-night.${kind}`));
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
    if (verified.error !== undefined) {
      console.log("skipped: no systemd-analyze here");
      context.skip();
    }
    expect(verified.stderr.split("\n").filter((line) => line.includes("twintail"))).toEqual([]);
  });
});
