/**
 * Runs the golden set against a simulated endpoint, directly and through a real hop: nginx that buffers, and the Portkey
 * gateway. Each has to be found as what it is, and nothing else may be. Not part of CI; what is not installed is skipped.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseSettings, prepareRun, renderTerminal, run, startSimProcess } from "../dist/index.js";

const goldens = fileURLToPath(new URL("../goldens/migration.yaml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twintail-gateways-"));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function listening(port, child) {
  for (let left = 100; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).once("error", () => resolve(false));
    });
    if (open) return;
    await delay(100);
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** HTTP/1.0 upstream with buffering on: what `proxy_pass` does when nobody tells it otherwise. */
async function startNginx(upstream) {
  const port = await freePort();
  const home = join(folder, "nginx");
  mkdirSync(join(home, "logs"), { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(home, kind)};`)
    .join(" ");
  writeFileSync(
    join(home, "nginx.conf"),
    `worker_processes 1; pid ${join(home, "pid")}; error_log ${join(home, "logs", "error.log")}; daemon off;
events { worker_connections 256; }
http {
  access_log off; client_body_buffer_size 4m; proxy_max_temp_file_size 0; ${temporary}
  server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }
}
`,
  );
  const child = spawn("nginx", ["-c", join(home, "nginx.conf"), "-p", home], { stdio: "ignore" });
  await listening(port, child);
  return { child, baseUrl: `http://127.0.0.1:${port}/v1`, headers: {} };
}

async function startPortkey(upstream) {
  const port = await freePort();
  const home = join(process.env.TWINTAIL_PORTKEY, "node_modules", "@portkey-ai", "gateway");
  const child = spawn(process.execPath, ["build/start-server.js", `--port=${port}`], { cwd: home, stdio: "ignore" });
  await listening(port, child);
  const headers = { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` };
  return { child, baseUrl: `http://127.0.0.1:${port}/v1`, headers };
}

function hasNginx() {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const HOPS = [
  {
    name: "nginx that buffers",
    missing: hasNginx() ? null : "apt-get install nginx-light",
    start: startNginx,
    // What it is, each by one of these; nothing graver than what it is.
    shows: [["fewer-reads", "stream-buffered", "events-in-bunches"], ["hops-differ"]],
    allowed: ["fewer-reads", "stream-buffered", "events-in-bunches"],
  },
  {
    name: "the Portkey gateway",
    missing:
      process.env.TWINTAIL_PORTKEY !== undefined && existsSync(process.env.TWINTAIL_PORTKEY)
        ? null
        : "install @portkey-ai/gateway as CONTRIBUTING.md says, and name its folder in TWINTAIL_PORTKEY",
    start: startPortkey,
    shows: [["hops-differ"]],
    allowed: [],
  },
];

const sim = await startSimProcess({ tier: "h100x2", goldens });
let failed = false;
try {
  for (const hop of HOPS) {
    if (hop.missing !== null) {
      console.log(`skipped ${hop.name}: ${hop.missing}`);
      continue;
    }
    const { child, baseUrl, headers } = await hop.start(new URL(sim.baseUrl).origin);
    try {
      const settings = parseSettings(
        JSON.stringify({
          goldens,
          endpoints: {
            baseline: { baseUrl: sim.baseUrl, models: { default: "m", embeddings: "e" } },
            candidate: { baseUrl, models: { default: "m", embeddings: "e" }, headers },
          },
          capture: { rounds: 2, concurrency: 4, seed: 3 },
        }),
        folder,
      );
      const { report } = await run(prepareRun(settings), { resultsFolder: folder });
      const { findings, rates } = report.summary;
      const onCandidate = findings.filter(({ sides }) => sides === "candidate" || sides === "pair");
      const text = onCandidate.map(({ rule, severity, evidence }) => `  ${severity} ${rule}: ${evidence}`).join("\n");
      console.log(`${hop.name}:\n${text}`);
      if (process.env.TWINTAIL_VERBOSE) console.log(renderTerminal(report, { columns: 100, color: false }));
      for (const rules of hop.shows) {
        assert.ok(
          onCandidate.some(({ rule }) => rules.includes(rule)),
          `${hop.name} is found as ${rules.join(" or ")}`,
        );
      }
      const invented = onCandidate.filter(({ rule, severity }) => severity !== "note" && !hop.allowed.includes(rule));
      assert.deepEqual(invented, [], `nothing is invented about ${hop.name}`);
      assert.equal(rates.errors_final.candidate.count, 0, `every request through ${hop.name} is answered`);
    } catch (error) {
      failed = true;
      console.log(error.message);
    } finally {
      child.kill();
    }
  }
} finally {
  await sim.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
