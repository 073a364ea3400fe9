import { expect, test } from "vitest";
import { renderCapacityHtml } from "../../src/report/capacity-html.js";
import { examplePlan } from "../capacity/plan/example.js";
import { describePages } from "./browser.js";

const pages = (folder: string) => ({ plan: renderCapacityHtml(examplePlan(folder)) });

describePages("the page of a capacity plan in a browser", pages, (shown) => {
  test("says which tier, and draws the demand below what is borne", async () => {
    await expect(shown.page.locator("h1").textContent()).resolves.toBe("Recommended: dual A100");
    await expect(shown.page.locator(".days svg").count()).resolves.toBe(4);
    const heights = await shown.page.evaluate(`[...document.querySelectorAll(".days svg")].map((svg) => {
      const top = (name) => svg.querySelector(name).getBoundingClientRect().top;
      return [top(".always") < top(".required"), top(".hourly") <= top(".required"), top(".required") < top(".demand")];
    })`);
    expect(heights).toEqual(Array(4).fill([true, true, true]));
  });

  test("keeps every mark inside its plot", async () => {
    const outside = await shown.page.evaluate(`[...document.querySelectorAll(".days svg")].flatMap((svg) => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("path, rect, text")].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
      }).map((each) => each.outerHTML);
    })`);
    expect(outside).toEqual([]);
  });

  test.each([400, 768, 1_280])("at %i px the page does not scroll sideways", async (width) => {
    await shown.page.setViewportSize({ width, height: 900 });
    await expect(shown.page.evaluate("document.documentElement.scrollWidth")).resolves.toBeLessThanOrEqual(width);
  });

  test("shows the costs of each tier on a desktop without scrolling", async () => {
    await shown.page.setViewportSize({ width: 1_100, height: 900 });
    const wider = `[...document.querySelectorAll(".scroll")].map((each) => each.scrollWidth - each.clientWidth)`;
    await expect(shown.page.evaluate(wider)).resolves.toEqual([0, 0, 0, 0]);
  });

  test("is readable in the dark", async () => {
    await shown.page.emulateMedia({ colorScheme: "dark" });
    await expect(shown.page.evaluate("getComputedStyle(document.body).backgroundColor")).resolves.toBe(
      "rgb(20, 23, 27)",
    );
  });
});
