import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { renderSweepHtml } from "../../src/report/sweep-html.js";
import { hostileSweep, SAMPLE_SWEEPS } from "./sample-sweep.js";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const missing = !existsSync(executablePath);
if (missing) console.info(`page tests are skipped: no ${executablePath}; set CHROMIUM_PATH to a Chromium to run them`);
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

describe.skipIf(missing)("the page of a sweep in a browser", () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];
  const open = async (name: string): Promise<void> => {
    await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "twintail-sweep-page-"));
    for (const [name, make] of SAMPLE_SWEEPS) writeFileSync(join(folder, `${name}.html`), renderSweepHtml(make()));
    writeFileSync(join(folder, "long.html"), renderSweepHtml(hostileSweep("l".repeat(500))));
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    said.length = 0;
    asked.length = 0;
    page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => asked.push(request.url()));
  });
  afterEach(async () => {
    expect(said).toEqual([]);
    expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
    await page.close();
  });

  test("shows both endpoints, every curve and every load", async () => {
    await open("closed");
    await expect(page.locator("h1").textContent()).resolves.toBe("Measured");
    await expect(page.locator(".endpoint .big").allTextContents()).resolves.toEqual([
      "17.1 requests/s",
      "16.6 requests/s",
      "24.4 requests/s",
      "23.7 requests/s",
    ]);
    await expect(page.locator("svg.plot.sweep").count()).resolves.toBe(7);
    const throughput = page.locator("svg.plot.sweep").first();
    await expect(throughput.locator(".band").count()).resolves.toBe(2);
    await expect(throughput.locator(".knee .ring").count()).resolves.toBe(2);
    await expect(throughput.locator(".good").count()).resolves.toBe(2);
    await expect(throughput.locator(".mark").count()).resolves.toBe(20);
    await expect(page.locator(".limit text", { hasText: "ttft p95 < 1s" }).count()).resolves.toBe(1);
    await expect(page.locator("table.loads tbody tr:not(.side)").count()).resolves.toBe(20);
  });

  test.each(SAMPLE_SWEEPS.map(([name]) => name))("every mark of %s lies inside its plot", async (name) => {
    await open(name);
    const outside = await page.evaluate(`[...document.querySelectorAll("svg.plot.sweep")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("circle, rect, line, path:not(.guide), .mark, text")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 8 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test("names of lines do not touch", async () => {
    await open("closed");
    const touching = await page.evaluate(`[...document.querySelectorAll("svg.plot.sweep")].flatMap((svg) => {
      const boxes = [...svg.querySelectorAll(".label")].map((each) => each.getBoundingClientRect());
      return boxes.flatMap((one, index) => boxes.slice(index + 1).filter((other) =>
        one.left < other.right && other.left < one.right && one.top + 3 < other.bottom && other.top + 3 < one.bottom));
    }).length`);
    expect(touching).toBe(0);
  });

  test("shows a hostile name as text", async () => {
    await open("hostile");
    await expect(page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(page.locator("h1 + .reason").textContent()).resolves.toContain("<script>window.pwned = 1</script>");
    await expect(page.locator("img, script, a[href^='http']").count()).resolves.toBe(0);
  });

  test.each([390, 768, 1_280])("at %i px no page scrolls sideways", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    for (const name of [...SAMPLE_SWEEPS.map(([each]) => each), "long"]) {
      await open(name);
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      await expect(page.evaluate("document.documentElement.scrollWidth"), name).resolves.toBeLessThanOrEqual(width);
    }
  });

  test("the loads of an open loop, which have most columns, fit a desktop without scrolling", async () => {
    await open("open");
    const wider =
      "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('#loads .scroll'))";
    await expect(page.evaluate(wider)).resolves.toBeLessThanOrEqual(0);
  });

  test("is readable on paper and in the dark", async () => {
    await open("closed");
    await page.emulateMedia({ media: "print" });
    await expect(page.locator("nav").isVisible()).resolves.toBe(false);
    await page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await expect(page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe("rgb(20, 23, 27)");
  });
});
