/**
 * Entry of the process of one client library: loads it once, then replays recorded answers through it. It has no network,
 * no keys in its environment, and ends with its parent.
 */
import { pathToFileURL } from "node:url";
import { errorMessage } from "../core/errors.js";
import { aiClient } from "./ai-client.js";
import type { Client, Import } from "./client.js";
import type { FromClient, ReplayJob, ToClient } from "./messages.js";
import { closeNetwork } from "./no-network.js";
import type { Observation } from "./observation.js";
import { openaiClient } from "./openai-client.js";
import type { SdkName } from "./sdk-choice.js";
import { thrownBy } from "./thrown.js";

const CLIENTS: Readonly<Record<SdkName, (load: Import) => Promise<Client>>> = { openai: openaiClient, ai: aiClient };

let client: Client | null = null;
/** Rejections that nobody caught: they end an ordinary program. */
const unhandled: unknown[] = [];

closeNetwork();
process.on("unhandledRejection", (error) => unhandled.push(error));
process.on("disconnect", () => process.exit());
process.on("message", (message: ToClient) => {
  if (message.type === "load") void load(message.sdk, message.importedFrom);
  else void replay(message);
});

function say(message: FromClient): void {
  process.send?.(message);
}

async function load(sdk: SdkName, importedFrom: string): Promise<void> {
  const parent = pathToFileURL(importedFrom);
  try {
    // The second argument needs the flag that the parent starts this process with. Without it a library could be found
    // only beside this file.
    client = await CLIENTS[sdk](async (name) => import(import.meta.resolve(name, parent)));
    say({ type: "loaded" });
  } catch (error) {
    say({ type: "failed", message: errorMessage(error).slice(0, 600) });
  }
}

async function replay(job: ReplayJob): Promise<void> {
  unhandled.length = 0;
  const seen: Observation = (await client?.replay(job)) ?? {};
  // A turn of the event loop: rejections without a catcher are known only then.
  await new Promise((resolve) => setImmediate(resolve));
  const [stray] = unhandled;
  say({
    type: "observed",
    observation:
      stray === undefined || seen.thrown !== undefined
        ? seen
        : { ...seen, thrown: thrownBy(stray, "a promise that nobody awaits", () => false) },
  });
}
