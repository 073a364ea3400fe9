import { expect, test } from "vitest";
import { renderSweepHtml } from "../../src/report/sweep-html.js";
import { describePages } from "./browser.js";
import { hostileSweep, SAMPLE_SWEEPS } from "./sample-sweep.js";

const pages = () => ({
  ...Object.fromEntries(SAMPLE_SWEEPS.map(([name, make]) => [name, renderSweepHtml(make())])),
  long: renderSweepHtml(hostileSweep("l".repeat(500))),
});

describePages("the page of a sweep in a browser", pages, (shown) => {
  test("shows both endpoints, every curve and every load", async () => {
    await shown.open("closed");
    await expect(shown.page.locator("h1").textContent()).resolves.toBe("Measured");
    await expect(shown.page.locator(".endpoint .big").allTextContents()).resolves.toEqual([
      "17.1 requests/s",
      "16.6 requests/s",
      "24.4 requests/s",
      "23.7 requests/s",
    ]);
    await expect(shown.page.locator("svg.plot.sweep").count()).resolves.toBe(7);
    const throughput = shown.page.locator("svg.plot.sweep").first();
    await expect(throughput.locator(".band").count()).resolves.toBe(2);
    await expect(throughput.locator(".knee .ring").count()).resolves.toBe(2);
    await expect(throughput.locator(".good").count()).resolves.toBe(2);
    await expect(throughput.locator(".mark").count()).resolves.toBe(20);
    await expect(shown.page.locator(".limit text", { hasText: "ttft p95 < 1s" }).count()).resolves.toBe(1);
    await expect(shown.page.locator("table.loads tbody tr:not(.side)").count()).resolves.toBe(20);
  });

  test.each(SAMPLE_SWEEPS.map(([name]) => name))("every mark of %s lies inside its plot", async (name) => {
    await shown.open(name);
    const outside = await shown.page.evaluate(`[...document.querySelectorAll("svg.plot.sweep")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("circle, rect, line, path:not(.guide), .mark, text")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 8 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test("names of lines do not touch", async () => {
    await shown.open("closed");
    const touching = await shown.page.evaluate(`[...document.querySelectorAll("svg.plot.sweep")].flatMap((svg) => {
      const boxes = [...svg.querySelectorAll(".label")].map((each) => each.getBoundingClientRect());
      return boxes.flatMap((one, index) => boxes.slice(index + 1).filter((other) =>
        one.left < other.right && other.left < one.right && one.top + 3 < other.bottom && other.top + 3 < one.bottom));
    }).length`);
    expect(touching).toBe(0);
  });

  test("shows a hostile name as text", async () => {
    await shown.open("hostile");
    await expect(shown.page.evaluate("window.pwned")).resolves.toBeUndefined();
    await expect(shown.page.locator("h1 + .reason").textContent()).resolves.toContain(
      "<script>window.pwned = 1</script>",
    );
    await expect(shown.page.locator("img, script, a[href^='http']").count()).resolves.toBe(0);
  });

  test.each([390, 768, 1_280])("at %i px no page scrolls sideways", async (width) => {
    await shown.page.setViewportSize({ width, height: 900 });
    for (const name of [...SAMPLE_SWEEPS.map(([each]) => each), "long"]) {
      await shown.open(name);
      await shown.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      await expect(shown.page.evaluate("document.documentElement.scrollWidth"), name).resolves.toBeLessThanOrEqual(
        width,
      );
    }
  });

  test("the loads of an open loop, which have most columns, fit a desktop without scrolling", async () => {
    await shown.open("open");
    const wider =
      "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('#loads .scroll'))";
    await expect(shown.page.evaluate(wider)).resolves.toBeLessThanOrEqual(0);
  });

  test("is readable on paper and in the dark", async () => {
    await shown.open("closed");
    await shown.page.emulateMedia({ media: "print" });
    await expect(shown.page.locator("nav").isVisible()).resolves.toBe(false);
    await shown.page.emulateMedia({ media: "screen", colorScheme: "dark" });
    await expect(shown.page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe(
      "rgb(20, 23, 27)",
    );
  });
});
