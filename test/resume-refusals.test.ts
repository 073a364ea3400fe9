/** What cannot be gone on with: nothing is sent, and the recording stays as it was. */
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareResume, resumeRun, score } from "../dist/index.js";
import { digestOf } from "../src/core/digest.js";
import type { HeaderLine, RecordingLine } from "../src/recording/recording.js";
import { type RawServer, rawServer } from "./capture/harness.js";
import { CAPITALS } from "./golden/sets.js";
import {
  answered,
  folder,
  headerOf,
  killed,
  linesOf,
  PLANNED,
  runOf,
  settingsOf,
  type Written,
  write,
} from "./resume-harness.js";

const edit = (file: string, change: (header: HeaderLine) => object): void =>
  write(
    file,
    linesOf(file).map((line) => (line.type === "header" ? { ...line, ...change(line) } : line)),
  );

let first: { readonly file: string; readonly servers: readonly RawServer[]; readonly requests: number };
const asked = (): number => first.servers.reduce((sum, { requests }) => sum + requests.length, 0);
const own = (change: Partial<Written> = {}) => {
  const [baseline = "", candidate = ""] = first.servers.map(({ baseUrl }) => baseUrl);
  return settingsOf({ baseline, candidate, ...change });
};
beforeAll(async () => {
  first = { file: "", servers: await Promise.all([rawServer(answered), rawServer(answered)]), requests: 0 };
  const { recording } = await runOf(own());
  first = { ...first, file: recording, requests: asked() };
});
afterAll(() => Promise.all(first.servers.map((server) => server.close())));

let copies = 0;
/** The recording of a whole run, in a folder of its own. */
function whole(): string {
  const file = join(folder, `copy-${copies++}`, "recording.jsonl");
  mkdirSync(dirname(file));
  copyFileSync(first.file, file);
  return file;
}
/** Some of its exchanges, as a kill leaves them. */
function part(keep = 9): string {
  const file = whole();
  killed(file, ({ id }) => id < keep);
  return file;
}

const otherSet = join(folder, "other.yaml");
writeFileSync(otherSet, CAPITALS.replace("Norway?", "Sweden?"));

describe("a resume is refused, and nothing is sent or written,", () => {
  it.each<[string, Partial<Written>, RegExp]>([
    ["of another golden set", { goldens: otherSet }, /other\.yaml: the golden set is not the one that was recorded/],
    ["of another address", { candidate: "http://127.0.0.1:1/v1" }, /^endpoints\.candidate\.baseUrl: was "http:/],
    ["at another concurrency", { capture: { concurrency: "4" } }, /^capture\.concurrency: was 2 .* is 4 now/],
    ["over another time", { capture: { spread: "1h" } }, /^capture\.spread: was 0 .* is 3600000 now/],
    [
      "with another body",
      { endpoint: ", extra: { reasoning_effort: low }" },
      /^endpoints\.candidate: case "\w+" of round 1 would not be sent .*: its request differs at body\.reasoning_effort; use the configuration of that run, or run anew$/,
    ],
    [
      "with another header",
      { endpoint: ", headers: { x-team: search }" },
      /^endpoints\.candidate: .*: its request differs at headers\.x-team;/,
    ],
  ])("%s: the first difference is named", async (_name, change, message) => {
    const file = part();
    const [before, sent] = [readFileSync(file), asked()];
    expect(() => prepareResume(own(change), dirname(file))).toThrow(message);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(asked()).toBe(sent);
  });

  it("but what says how much is sent, and when to stop, may change", async () => {
    const capture = { deadline: "1h", seed: "99", rounds: "7", maxRequests: "500", giveUpAfter: "9" };
    const prepared = prepareResume(own({ capture }), part());
    expect([prepared.missing, prepared.plan.rounds]).toEqual([PLANNED - 9, 3]);
  });

  it("of a plan whose rows are not those of the recording", async () => {
    const [settings, file] = [own(), part()];
    const third = headerOf(file).plan[4];
    edit(file, (header) => ({
      plan: header.plan.map((row) =>
        row.id === 4 ? { ...row, variant: row.variant === "body" ? "stream" : "body" } : row,
      ),
    }));
    expect(() => prepareResume(settings, file)).toThrow(
      new RegExp(`case "${third?.caseId}" of round 1 would not be sent .*: variant is "${third?.variant}" now`),
    );
    edit(file, ({ plan }) => ({ plan: plan.map((row) => (row.id === 4 ? third : row)).slice(0, -1) }));
    expect(() => prepareResume(settings, file)).toThrow(/it was not planned at all/);
  });

  it.each<[HeaderLine["kind"], RegExp]>([
    ["demo", /: this is the recording of a demo, whose simulated endpoints ended with it; run twintail demo anew$/],
    ["probe", /: this is the recording of a probe; probe anew/],
  ])("of a recording of kind %s", async (kind, message) => {
    const file = part();
    edit(file, () => ({ kind }));
    expect(() => prepareResume(own(), file)).toThrow(message);
  });

  it("of a run that was measured from another place, unless nothing is missing", async () => {
    const [file, all] = [part(), whole()];
    const elsewhere = (line: RecordingLine): object =>
      line.type === "segment" ? { ...line, host: "elsewhere" } : line;
    for (const each of [file, all]) write(each, linesOf(each).map(elsewhere));
    expect(() => prepareResume(own(), file)).toThrow(
      /: it was measured from elsewhere, this is .*: another place sees other latencies; resume it from there, or run anew$/,
    );
    expect(prepareResume(own(), all).missing).toBe(0);
  });

  it("when what was spent and what is missing may pass maxCost or maxRequests together: they are limits of the run", async () => {
    const both = ", price: { inputPerMTok: 0, outputPerMTok: 1000 }";
    const limited = (maxCost: number) => own({ both, capture: { maxCost: String(maxCost) } });
    const file = part(10);
    // 40 tokens a request: 0.04 USD; ten are missing.
    expect(() => prepareResume(limited(0.4), file)).toThrow(
      /^capture\.maxCost: \$0\.0[1-9] was spent, and what is missing may cost up to \$0\.40: above maxCost \$0\.40; raise maxCost/,
    );
    expect(prepareResume(limited(0.5), file).missing).toBe(10);
    const counted = (maxRequests: number) => own({ capture: { maxRequests: String(maxRequests) } });
    expect(() => prepareResume(counted(19), file)).toThrow(
      /^capture\.maxRequests: 10 requests were sent, and 10 are missing before any retry: above maxRequests 19; raise/,
    );
    expect((await resumeRun(prepareResume(counted(20), file))).report.summary.run).toMatchObject({ recorded: PLANNED });
    // Nothing is missing: no limit stands against looking.
    expect(prepareResume(counted(1), file).missing).toBe(0);
  });

  it("through another proxy", async () => {
    const file = part();
    edit(file, ({ endpoints }) => ({
      endpoints: { ...endpoints, candidate: { ...endpoints.candidate, proxy: "http://proxy.example:3128" } },
    }));
    const now = readFileSync(file);
    await expect(resumeRun(prepareResume(own(), file), { environment: {} })).rejects.toThrow(
      /^the proxy of endpoints\.candidate: was "http:\/\/proxy\.example:3128" .* is null now/,
    );
    expect(readFileSync(file).equals(now)).toBe(true);
  });

  it("when an endpoint that is to be asked is gone: a torn line is mended, and the lock is free", async () => {
    const gone = await rawServer(answered);
    await gone.close();
    const file = part();
    edit(file, ({ endpoints }) => ({
      endpoints: { ...endpoints, candidate: { ...endpoints.candidate, baseUrl: gone.baseUrl } },
    }));
    const kept = readFileSync(file);
    appendFileSync(file, '{"type":"exch');
    const settings = own({ candidate: gone.baseUrl });
    await expect(resumeRun(prepareResume(settings, file))).rejects.toThrow(/candidate\.baseUrl: cannot reach/);
    expect(readFileSync(file).equals(kept)).toBe(true);
    expect(readdirSync(dirname(file))).toEqual(["recording.jsonl"]);
  });

  it("when the recording has changed since it was read", async () => {
    const file = part();
    const [one, two] = [prepareResume(own(), file), prepareResume(own(), file)];
    await resumeRun(one);
    await expect(resumeRun(two)).rejects.toThrow(/: the recording has changed since it was read;/);
    expect(score(file).summary.run).toMatchObject({ recorded: PLANNED, resumed: { times: 1 } });
  });
});

describe("a recording that holds digests in place of texts", () => {
  it("is completed by ids of requests alone, and a change is named as far as it can be", async () => {
    const file = part();
    edit(file, ({ requests }) => ({
      store: "redacted",
      requests: Object.fromEntries(
        Object.entries(requests).map(([id, request]) => [id, { ...request, body: { digest: digestOf(request.body) } }]),
      ),
    }));
    expect(() => prepareResume(own({ endpoint: ", extra: { reasoning_effort: low }" }), file)).toThrow(
      /^endpoints\.candidate: case "\w+" of round 1 would not be sent to the candidate as it was: its request differs; use/,
    );
    expect(prepareResume(own(), file).missing).toBe(PLANNED - 9);
  });

  it.each(["redacted", "metadata"] as const)("of a run that stores %s is one run all the same", async (store) => {
    const settings = { ...own(), store };
    const { recording } = await runOf(settings);
    killed(recording, ({ id }) => id < 9);
    const { report } = await resumeRun(prepareResume(settings, recording));
    expect(report.summary.run).toMatchObject({ recorded: PLANNED, partial: false, resumed: { times: 1 } });
    expect(report.summary.run.store).toBe(headerOf(recording).store ?? "full");
  });
});

describe("a quick run", () => {
  it("is completed as quick as it was planned, whatever its configuration says", async () => {
    const settings = own({ capture: { spread: "1h", rounds: "9" } });
    const quick = {
      ...settings,
      capture: { ...settings.capture, rounds: 1, spreadMs: 0 },
      judge: { ...settings.judge, quick: true as const },
    };
    const { recording } = await runOf(quick);
    killed(recording, ({ id }) => id < 4);
    const { report } = await resumeRun(prepareResume(settings, recording));
    expect(report.summary.run).toMatchObject({ rounds: 1, planned: 8, recorded: 8 });
    expect(report.summary.judgement.quick).toBe(true);
  });
});
