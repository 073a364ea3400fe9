/** Writes the JSON Schemas that are generated from zod: the reports' into dist, the golden set's beside the goldens. */
import { writeFileSync } from "node:fs";
import { goldenSetJsonSchema } from "../dist/golden/json-schema.js";
import { capacityJsonSchema } from "../dist/report/capacity-summary.js";
import { clientsJsonSchema } from "../dist/report/clients.js";
import { reportJsonSchema } from "../dist/report/json.js";
import { probeJsonSchema } from "../dist/report/probe-json.js";
import { runComparisonJsonSchema } from "../dist/report/run-comparison.js";
import { sweepJsonSchema } from "../dist/report/sweep-summary.js";
import { trendJsonSchema } from "../dist/report/trend-summary.js";

const write = (path, schema) => writeFileSync(new URL(path, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
write("../dist/report/report.schema.json", reportJsonSchema());
write("../dist/report/clients.schema.json", clientsJsonSchema());
write("../dist/report/probe.schema.json", probeJsonSchema());
write("../dist/report/compare.schema.json", runComparisonJsonSchema());
write("../dist/report/trend.schema.json", trendJsonSchema());
write("../dist/report/sweep.schema.json", sweepJsonSchema());
write("../dist/report/capacity.schema.json", capacityJsonSchema());
write("../goldens/golden-set.schema.json", goldenSetJsonSchema());
