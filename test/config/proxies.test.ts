import { describe, expect, test } from "vitest";
import { proxyOf } from "../../src/config/proxies.js";

const of = (baseUrl: string, environment: Record<string, string>) =>
  proxyOf({ baseUrl, proxyFrom: "environment" }, environment)?.origin ?? null;

const BOTH = { HTTPS_PROXY: "http://secure.test:3128", HTTP_PROXY: "plain.test:8080" };

describe("the proxy of an endpoint", () => {
  test.each([
    ["https://api.test/v1", "http://secure.test:3128"],
    ["http://api.test/v1", "http://plain.test:8080"],
    ["http://127.0.0.1:8000/v1", null],
    ["https://localhost:8000/v1", null],
    ["http://[::1]:8000/v1", null],
  ])("of %s is %s", (baseUrl, expected) => {
    expect(of(baseUrl, BOTH)).toBe(expected);
  });

  test("none is asked when the endpoint says so, or no variable is set", () => {
    expect(proxyOf({ baseUrl: "https://api.test/v1", proxyFrom: "none" }, BOTH)).toBeNull();
    expect(of("https://api.test/v1", { HTTPS_PROXY: "" })).toBeNull();
    expect(of("https://api.test/v1", { HTTP_PROXY: "http://plain.test" })).toBeNull();
  });

  test("lower case goes before upper case", () => {
    expect(of("https://api.test/v1", { ...BOTH, https_proxy: "http://lower.test" })).toBe("http://lower.test");
  });

  test.each([
    ["*", null],
    ["api.test", null],
    [".test", null],
    ["*.test", null],
    ["test", null],
    ["other.test, api.test", null],
    ["api.test:443", null],
    ["api.test:8443", "http://secure.test:3128"],
    ["pi.test", "http://secure.test:3128"],
    ["", "http://secure.test:3128"],
  ])("no_proxy %j gives %s", (no_proxy, expected) => {
    expect(of("https://api.test/v1", { ...BOTH, no_proxy })).toBe(expected);
  });

  test("credentials are taken out of the address", () => {
    const environment = { HTTPS_PROXY: "http://me:p%40ss@secure.test:3128" };
    expect(proxyOf({ baseUrl: "https://api.test", proxyFrom: "environment" }, environment)).toEqual({
      origin: "http://secure.test:3128",
      authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
      secrets: [Buffer.from("me:p@ss").toString("base64"), "me:p@ss", "p@ss", "p%40ss"],
    });
    expect(of("https://api.test", { HTTPS_PROXY: "http://us%er:100%@secure.test:3128" })).toBe(
      "http://secure.test:3128",
    );
  });

  test.each([
    ["socks5://secure.test:1080", /socks5:\/\/ proxy, which is not supported/],
    ["http://", /not a URL/],
  ])("%s is refused with the variable's name", (HTTPS_PROXY, expected) => {
    expect(() => of("https://api.test", { HTTPS_PROXY })).toThrow(expected);
    expect(() => of("https://api.test", { HTTPS_PROXY })).toThrow("HTTPS_PROXY");
  });
});
