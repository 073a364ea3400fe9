import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { renderCapacityHtml } from "../../src/report/capacity-html.js";
import { examplePlan } from "../capacity/plan/example.js";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const missing = !existsSync(executablePath);
if (missing) console.info(`page tests are skipped: no ${executablePath}; set CHROMIUM_PATH to a Chromium to run them`);
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

describe.skipIf(missing)("the page of a capacity plan in a browser", () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "twintail-capacity-page-"));
    writeFileSync(join(folder, "capacity.html"), renderCapacityHtml(examplePlan(folder)));
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
    await page.goto(pathToFileURL(join(folder, "capacity.html")).href);
  });
  afterEach(async () => {
    expect([said, asked.length]).toEqual([[], 1]);
    await page.close();
  });

  test("says which tier, and draws the demand below what is borne", async () => {
    await expect(page.locator("h1").textContent()).resolves.toBe("Recommended: dual A100");
    await expect(page.locator(".days svg").count()).resolves.toBe(4);
    const heights = await page.evaluate(`[...document.querySelectorAll(".days svg")].map((svg) => {
      const top = (name) => svg.querySelector(name).getBoundingClientRect().top;
      return [top(".always") < top(".required"), top(".hourly") <= top(".required"), top(".required") < top(".demand")];
    })`);
    expect(heights).toEqual(Array(4).fill([true, true, true]));
  });

  test("keeps every mark inside its plot", async () => {
    const outside = await page.evaluate(`[...document.querySelectorAll(".days svg")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("path, rect, text")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await expect(page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("is readable in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe("rgb(20, 23, 27)");
  });
});
