/** Asked before the first paid request: both endpoints at once, and what is wrong with each is said with its remedy. */
import { expect } from "vitest";
import type { Place, Ran, RunOptions } from "../place.js";
import type { Scenario } from "../scenario.js";
import { ELSEWHERE, EXPIRED, plainServer, refusingProxy, secureServer, silentPort, TRUSTED } from "../tls.js";

const area = "unreachable" as const;

/** An address at which nobody listens any more. */
async function gone(place: Place): Promise<string> {
  const server = await place.server();
  await server.close();
  return server.baseUrl;
}

/** Nothing was sent, nothing was written, and the message is the whole of what was said. */
async function refused(place: Place, options: RunOptions, message: RegExp): Promise<Ran> {
  const ran = await place.run(options);
  expect(ran.err).toMatch(message);
  expect(ran.err).not.toMatch(/at .*\.js:\d+/);
  expect([ran.code, ran.out, ran.folder]).toEqual([2, "", null]);
  return ran;
}

const said = (role: string, why: string): RegExp =>
  new RegExp(`(?:^|\\n)endpoints\\.${role}\\.baseUrl: cannot reach \\S+: ${why}\\n`);

export const UNREACHABLE: readonly Scenario[] = [
  {
    area,
    fault: "the candidate refuses connections",
    outcome: "named with place and remedy before a request is sent to the baseline; exit code 2, no folder is made",
    run: async (place) => {
      const healthy = await place.server();
      await refused(
        place,
        { baseline: healthy.baseUrl, candidate: await gone(place) },
        said("candidate", "it refused the connection; start the server, or mend the address"),
      );
      expect(healthy.requests).toEqual([]);
    },
  },
  {
    area,
    fault: "the baseline refuses connections",
    outcome: "the same, and the candidate gets no request",
    run: async (place) => {
      const healthy = await place.server();
      await refused(
        place,
        { baseline: await gone(place), candidate: healthy.baseUrl },
        said("baseline", "it refused the connection; start the server, or mend the address"),
      );
      expect(healthy.requests).toEqual([]);
    },
  },
  {
    area,
    fault: "both endpoints are down, each for a reason of its own",
    outcome: "both are tried at once and both are named, a line each",
    run: async (place) => {
      const { err } = await refused(
        place,
        { baseline: await gone(place), candidate: "http://no-such-host.invalid/v1" },
        said("baseline", "it refused the connection; start the server, or mend the address"),
      );
      expect(err).toMatch(
        said("candidate", "its host name does not resolve.*; mend the host name, or this machine's DNS"),
      );
      expect(
        err
          .trim()
          .split("\n")
          .filter((line) => line.startsWith("endpoints.")),
      ).toHaveLength(2);
    },
  },
  {
    area,
    fault: "a host name that does not resolve",
    outcome: "said so, with the remedy for names and not for servers",
    run: async (place) => {
      const healthy = await place.server();
      await refused(
        place,
        { baseline: healthy.baseUrl, candidate: "http://no-such-host.invalid/v1" },
        said("candidate", "its host name does not resolve.*; mend the host name, or this machine's DNS"),
      );
      expect(healthy.requests).toEqual([]);
    },
  },
  {
    area,
    fault: "a certificate that nobody trusts",
    outcome: "refused, naming `caFile`; with it the run goes through",
    run: async (place) => {
      const healthy = await place.server();
      const secure = await secureServer(place, TRUSTED);
      const options = { baseline: healthy.baseUrl, candidate: secure.baseUrl };
      await refused(
        place,
        options,
        said("candidate", "its certificate is self-signed; name its authority with caFile, or mend the certificate"),
      );
      const ran = await place.recorded({ ...options, of: { candidate: { caFile: TRUSTED } } });
      expect([ran.code, secure.requests()]).toEqual([0, 12]);
    },
  },
  {
    area,
    fault: "a certificate that has expired",
    outcome: "refused as that, with this machine's clock as the other cause",
    run: async (place) => {
      const healthy = await place.server();
      const secure = await secureServer(place, EXPIRED);
      await refused(
        place,
        { baseline: healthy.baseUrl, candidate: secure.baseUrl, of: { candidate: { caFile: EXPIRED } } },
        said("candidate", "its certificate has expired; renew it, or set this machine's clock"),
      );
    },
  },
  {
    area,
    fault: "a certificate for another host",
    outcome: "refused as that",
    run: async (place) => {
      const healthy = await place.server();
      const secure = await secureServer(place, ELSEWHERE);
      await refused(
        place,
        { baseline: healthy.baseUrl, candidate: secure.baseUrl, of: { candidate: { caFile: ELSEWHERE } } },
        said("candidate", "its certificate is for another host; write the host that the certificate names"),
      );
    },
  },
  {
    area,
    fault: "`https://` to a port that speaks plain http",
    outcome: "refused as that",
    run: async (place) => {
      const healthy = await place.server();
      const { port } = await plainServer(place);
      await refused(
        place,
        { baseline: healthy.baseUrl, candidate: `https://127.0.0.1:${port}/v1` },
        said("candidate", "it does not speak TLS there; write http://, or the port that speaks TLS"),
      );
    },
  },
  {
    area,
    fault: "a port that takes connections and never speaks TLS",
    outcome: "given up after `timeouts.connect`",
    run: async (place) => {
      const healthy = await place.server();
      const { port } = await silentPort(place);
      await refused(
        place,
        {
          baseline: healthy.baseUrl,
          candidate: `https://127.0.0.1:${port}/v1`,
          capture: { timeouts: { connect: "400ms" } },
        },
        said(
          "candidate",
          "there was no connection within 400 ms; start the server, or mend the address, or raise capture.timeouts.connect",
        ),
      );
    },
  },
  {
    area,
    fault: "a proxy that is down",
    outcome: "the proxy is named as what refused, not the endpoint",
    run: async (place) => {
      const proxy = new URL(await gone(place)).origin;
      const { err } = await refused(
        place,
        {
          baseline: "https://inference.invalid/v1",
          candidate: "https://gateway.invalid/v1",
          environment: { HTTPS_PROXY: proxy },
        },
        /endpoints\.baseline\.baseUrl: cannot reach inference\.invalid through the proxy http:\/\/127\.0\.0\.1:\d+: the proxy refused the connection; mend the proxy's address, or set proxy: none/,
      );
      expect(err).toContain("endpoints.candidate.baseUrl: cannot reach gateway.invalid through the proxy");
    },
  },
  {
    area,
    fault: "a proxy that refuses the tunnel (407)",
    outcome: "said with the proxy's status; its credentials are in no message",
    run: async (place) => {
      const { port } = await refusingProxy(place, 407);
      const { err } = await refused(
        place,
        {
          baseline: "https://inference.invalid/v1",
          candidate: "https://gateway.invalid/v1",
          environment: { HTTPS_PROXY: `http://user:proxy-secret-123@127.0.0.1:${port}` },
        },
        /the proxy http:\/\/127\.0\.0\.1:\d+ answered 407 to CONNECT inference\.invalid:443; mend the proxy's address or credentials/,
      );
      expect(err).not.toContain("proxy-secret-123");
    },
  },
  {
    area,
    fault: "an interrupt while endpoints are being reached",
    outcome: "ends at once with exit code 130, and nothing was sent",
    run: async (place) => {
      const { port } = await silentPort(place);
      const silent = `https://127.0.0.1:${port}/v1`;
      const config = place.config({ baseline: silent, candidate: silent, capture: { timeouts: { connect: "20s" } } });
      const ending = place.twintail(["run", config, "--out", `${place.folder}/results`]);
      // Both connections stand: whoever waits for TLS is being reached.
      await new Promise((resolve) => setTimeout(resolve, 300));
      place.interrupt();
      const { code, out, err } = await ending;
      expect([code, out]).toEqual([130, ""]);
      expect(err).toContain("interrupted before the first request");
    },
  },
];
