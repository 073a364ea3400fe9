/**
 * Shards in network namespaces of their own, joined by a bridge to the one in which the endpoints are: what separate machines
 * see of one another, on one. Skips where `ip netns add` is refused.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecording } from "../dist/index.js";
import { CAPITALS } from "./golden/sets.js";
import { configure, PAIRS, shardArgs, soon, summaryIn } from "./shard-processes.js";
import { type Ended, type Started, startNode, startTyped, typedIn } from "./typed.js";

const SHARDS = 8;
const NAME = `tt${process.pid % 10_000}`;
const HUB = `${NAME}-hub`;
const nameOf = (index: number): string => `${NAME}-s${index}`;
const hubAddress = "10.99.7.1";
const addressOf = (index: number): string => `10.99.7.${10 + index}`;
const ip = (...args: string[]): { ok: boolean; err: string } => {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  return { ok: status === 0, err: (error?.message ?? stderr ?? "").trim() };
};
const must = (...args: string[]): void => {
  const { ok, err } = ip(...args);
  if (!ok) throw new Error(`ip ${args.join(" ")}: ${err}`);
};

const tried = ip("netns", "add", HUB);
if (!tried.ok)
  console.warn(`skipped: shards in network namespaces need iproute2 and the right to make one (${tried.err})`);

/** The namespace of the endpoints holds the bridge; each shard has a cable to it. */
function connect(): void {
  must("-n", HUB, "link", "set", "lo", "up");
  must("-n", HUB, "link", "add", "br0", "type", "bridge");
  must("-n", HUB, "addr", "add", `${hubAddress}/24`, "dev", "br0");
  must("-n", HUB, "link", "set", "br0", "up");
  for (let index = 1; index <= SHARDS; index++) {
    must("netns", "add", nameOf(index));
    must("-n", nameOf(index), "link", "add", "eth0", "type", "veth", "peer", "name", `p${index}`, "netns", HUB);
    must("-n", nameOf(index), "link", "set", "lo", "up");
    must("-n", nameOf(index), "addr", "add", `${addressOf(index)}/24`, "dev", "eth0");
    must("-n", nameOf(index), "link", "set", "eth0", "up");
    must("-n", HUB, "link", "set", `p${index}`, "master", "br0", "up");
  }
}

/** A simulated endpoint listens on loopback alone: this hands on what comes from the bridge. */
const FORWARDER = `
import { connect, createServer } from "node:net";
const [address, port] = process.argv.slice(2);
const server = createServer((from) => {
  const to = connect(Number(port), "127.0.0.1");
  from.setNoDelay(true); to.setNoDelay(true);
  from.pipe(to).pipe(from);
  from.on("error", () => to.destroy()); to.on("error", () => from.destroy());
});
server.listen(0, address, () => console.log("forwarding " + server.address().port));
`;

describe.runIf(tried.ok)("shards in network namespaces", () => {
  const folder = mkdtempSync(join(tmpdir(), "twintail-network-"));
  const started: Started[] = [];
  let ended: Ended[] = [];

  /** Starts it in the hub, and gives what the pattern finds in its first lines. */
  async function inHub(args: readonly string[], node: typeof startNode, pattern: RegExp): Promise<string> {
    const running = node(folder, args, { prefix: ["ip", "netns", "exec", HUB] });
    started.push(running);
    let said = "";
    return new Promise((resolve, reject) => {
      const look = (text: Buffer): void => {
        said += String(text);
        const [, found] = pattern.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      };
      running.child.stdout?.on("data", look);
      running.child.stderr?.on("data", look);
      void running.ended.then(() => reject(new Error(`it ended: ${said}`)));
    });
  }

  async function endpoint(seed: string): Promise<string> {
    const port = await inHub(["sim", "--goldens", "set.yaml", "--seed", seed], startTyped, /127\.0\.0\.1:(\d+)/);
    const outside = await inHub([join(folder, "forward.mjs"), hubAddress, port], startNode, /forwarding (\d+)/);
    return `http://${hubAddress}:${outside}/v1`;
  }

  beforeAll(async () => {
    connect();
    writeFileSync(join(folder, "set.yaml"), CAPITALS);
    writeFileSync(join(folder, "forward.mjs"), FORWARDER);
    const [baseline, candidate] = [await endpoint("1"), await endpoint("2")];
    configure(folder, baseline, candidate, SHARDS);
    const startAt = soon(20_000);
    const shards = Array.from({ length: SHARDS }, (_, place) =>
      startTyped(folder, shardArgs(place + 1, SHARDS, startAt), { prefix: ["ip", "netns", "exec", nameOf(place + 1)] }),
    );
    ended = await Promise.all(shards.map((shard) => shard.ended));
  }, 180_000);
  afterAll(async () => {
    for (const { child } of started) child.kill("SIGTERM");
    await Promise.all(started.map((running) => running.ended.catch(() => {})));
    for (const name of [HUB, ...Array.from({ length: SHARDS }, (_, place) => nameOf(place + 1))])
      ip("netns", "del", name);
    rmSync(folder, { recursive: true });
  });

  it("see the endpoints at the bridge's address, and merge to one whole run that passes", async () => {
    expect(ended.map(({ code, err }) => (code === 0 ? 0 : err))).toEqual(Array(SHARDS).fill(0));
    const { code, err } = await typedIn(folder, ["merge", "results", "--out", "merged"]);
    expect([code, err]).toEqual([0, expect.stringContaining(`merged ${SHARDS} of ${SHARDS} shards`)]);
    const { verdict, run, endpoints, rates } = summaryIn(join(folder, "merged"));
    expect([verdict, run.partial, run.recorded]).toEqual(["pass", false, 2 * (PAIRS + SHARDS)]);
    expect(endpoints.candidate.remoteAddresses).toEqual([expect.stringMatching(/^10\.99\.7\.1/)]);
    expect(rates.errors?.candidate).toMatchObject({ count: 0, of: PAIRS });
    const marks = new Set<string | null>();
    for (const { shard } of readRecording(join(folder, "merged"), () => {}).segments) marks.add(shard);
    expect(marks).toEqual(new Set(Array.from({ length: SHARDS }, (_, place) => `${place + 1}/${SHARDS}`)));
  }, 60_000);
});
